"""M2: a service's own `/metrics` page, read directly where no Prometheus watches it (or to be told within a second).

Read asks, selector, page, kept, counters, source in this order.
"""
