"""The deployment report (E6): one value, gathered by pure functions, and what is made of it.

`story.py` gathers: each section has a module (summary, advice, timeline, passage, courses, objectives, guardrails,
approvals, incidents). `pieces.py` has what a section consists of. `markdown.py` and `html.py` render the very same
value, `svg.py` its figures; `files.py` is both as files, in the plan's language. `message.py` is the short form: one
Slack message.
"""
