"""Slack: saying things (`messenger.py`), knowing people (`directory.py`), and its errors in our words (`faults.py`)."""

from adapters.notify.slack.client import slack_client
from adapters.notify.slack.directory import SlackDirectory
from adapters.notify.slack.messenger import SlackMessenger

__all__ = ["SlackDirectory", "SlackMessenger", "slack_client"]
