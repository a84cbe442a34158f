"""The scopes that the bot token needs, each with what it is for."""

from __future__ import annotations

from collections.abc import Mapping

from commands.terminal.doctor.findings import Finding, bad, note, ok

SCOPES: Mapping[str, str] = {
    "channels:history": "to find a message again whose posting broke off",
    "channels:read": "to find the channels that plans name",
    "chat:write": "to post and to edit",
    "commands": "the slash command",
    "files:write": "to put a checkpoint's picture into its message",
    "groups:history": "the same as channels:history, in private channels",
    "groups:read": "the same as channels:read, for private ones",
    "reactions:read": "to count reactions on gates",
    "usergroups:read": "to know who is in the groups that plans name",
    "users:read": "to tell guests, bots and strangers from people who may act",
}
"""What the methods in use need; deploy/manifest.yaml asks for the same, and a test holds them together."""


def scopes(given: str) -> Finding:
    """`given` is Slack's own list, from the header of an answer."""
    if not given:
        return note("scopes", "Slack didn't say which the token has")
    missing = sorted({*SCOPES} - {scope.strip() for scope in given.split(",")})
    if missing:
        lacking = ", ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
        return bad(
            "scopes",
            f"missing: {lacking}; add them at api.slack.com/apps → OAuth & Permissions → Bot Token Scopes (or paste "
            "deploy/manifest.yaml at App Manifest again), then Reinstall to Workspace",
        )
    return ok("scopes", f"all {len(SCOPES)} that are needed")
