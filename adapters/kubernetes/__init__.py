"""The Kubernetes API as the kinds of several folders use it: who we are there, its faults, roll-outs, pods, watches.

Read `cluster` first; `faults`, `deployments`, `pods` and `watch` follow from it.
"""
