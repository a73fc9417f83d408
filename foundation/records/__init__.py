"""What the pages of business records share: refusals, verbs, fields, paging, downloads and constraints. No models."""
