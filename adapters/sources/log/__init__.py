"""M9: lines of a log file that match, counted since the stage began or over a time.

Lines are placed by the time that stands in them, not by when they were read: after a restart of Perch, a rotation or
a new pattern the count is the same. Read stamps, tail, source in this order.
"""
