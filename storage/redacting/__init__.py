"""Taking a person or a value out of what is kept, after the fact.

Read `found` (what is where), `erasing` (one commit for the database, then the files), `files` (the kill path's own).
"""
