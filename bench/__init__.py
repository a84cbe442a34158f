"""What `make bench` runs: the numbers that docs/numbers.md states, measured here and now.

Each measure is a module with `measure(effort)`, one line in `MEASURES` (`__main__.py`), and a part of docs/numbers.md.
Both sides of a ratio are measured in the same run; nothing is shared with the tests.
"""
