"""Raw measurements of rollouts that ended long ago, out of the database and into one Parquet file each.

Read `parquet` (the file), `shelf` (what lies where, and reading it back), `archiving` (moving it there).
"""
