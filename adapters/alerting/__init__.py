"""A plan's guardrails for those who watch by themselves: Prometheus rules, their tests, and Alertmanager's routes.

Read recorded, expressions, rules, trials, routes in this order. Nothing here asks anybody anything: texts come out.
"""
