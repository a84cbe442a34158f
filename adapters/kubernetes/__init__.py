"""The Kubernetes API as the kinds of several folders use it: who we are there, its faults, roll-outs, pods.

Read `cluster` first; `faults`, `deployments` and `pods` follow from it.
"""
