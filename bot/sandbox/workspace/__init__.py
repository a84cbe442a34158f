"""A small Slack-compatible workspace: Web API, Socket Mode, signed HTTP, and people who act.

Read `workspace.py` for what it can do, `records.py` for what it knows, `web_api.py` and `methods/` for what an app
may call, `delivery.py` for how an app hears of what people do, `limits.py` for every limit.
"""

from bot.sandbox.workspace.cast import Channel, Person, UserGroup
from bot.sandbox.workspace.delivery import Outcome
from bot.sandbox.workspace.faults import Outage
from bot.sandbox.workspace.web_api import Call
from bot.sandbox.workspace.workspace import Workspace

__all__ = ["Call", "Channel", "Outage", "Outcome", "Person", "UserGroup", "Workspace"]
