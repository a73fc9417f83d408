"""How often strangers may use the public pages behind a code, by address and by code."""

from __future__ import annotations

from limits import parse

from foundation.records.throttle import client_address, is_too_often

__all__ = ["LOOKS_OF_ADDRESS", "REPORTS_OF_ADDRESS", "REPORTS_OF_CODE", "client_address", "is_too_often"]

# A family reports a few things a day; a whole estate without power some hundred an hour.
REPORTS_OF_ADDRESS = parse("10/10 minutes")
REPORTS_OF_CODE = parse("200/hour")
LOOKS_OF_ADDRESS = parse("120/minute")
