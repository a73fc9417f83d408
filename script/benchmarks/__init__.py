"""Measurements of the main jobs, each beside the floor measured in the same run: `script/bench`, docs/bench.md."""
