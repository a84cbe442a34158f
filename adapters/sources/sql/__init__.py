"""M3: one number, or one for each group, from a database, read and never written.

Read asks, rows, faults, sqlite, server, source in this order.
"""
