"""Running a program for a plan, whatever it is for: allowed ones only, without a shell, and nothing of it left behind.

Shared by all adapters that run commands, as `adapters.http` is by those that speak HTTP.
"""
