"""M1: a Prometheus server, or anything that speaks its query API (Thanos, Mimir, VictoriaMetrics).

Read source, session, answers, ranges in this order.
"""
