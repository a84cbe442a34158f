"""Rules that span a plan's fields, one file per subject; `all_checks` is their table."""
