"""The app that is installed in the workspace: its ids, its tokens and what it may do."""

from dataclasses import dataclass, field

from bot.sandbox.workspace.cast import TEAM_ID, Person
from bot.sandbox.workspace.ids import Ids
from bot.sandbox.workspace.json_value import Json

DEFAULT_SCOPES = (
    "commands",
    "chat:write",
    "reactions:read",
    "reactions:write",
    "users:read",
    "usergroups:read",
    "files:write",
    "channels:read",
    "groups:read",
    "channels:history",
    "groups:history",
)
"""What a rollout bot needs; the two `:history` scopes serve the look for a message after an uncertain post."""

DEFAULT_EVENTS = ("reaction_added", "reaction_removed", "app_home_opened")


@dataclass
class Identity:
    """The installed app. `revoked` tokens are answered with `token_revoked`."""

    bot_token: str
    app_token: str
    signing_secret: str
    name: str
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    events: tuple[str, ...] = DEFAULT_EVENTS
    commands: tuple[str, ...] = ("/canary",)
    app_id: str = "A01SANDBOX"
    bot_id: str = "B01SANDBOX"
    user_id: str = "U01BOT0001"
    verification_token: str = "sandbox-verification"  # noqa: S105 - Slack's deprecated, public field
    revoked: set[str] = field(default_factory=set)

    def as_person(self) -> Person:
        """The bot user, as a member of the workspace."""
        return Person(self.user_id, self.name.lower(), self.name, is_bot=True)

    def profile(self) -> Json:
        """The `bot_profile` that Slack adds to an app's messages."""
        return {
            "id": self.bot_id,
            "app_id": self.app_id,
            "user_id": self.user_id,
            "name": self.name,
            "icons": {},
            "deleted": False,
            "updated": 0,
            "team_id": TEAM_ID,
        }


def new_tokens(ids: Ids) -> tuple[str, str, str]:
    """A fresh bot token, app-level token and signing secret, in this order."""
    bot = f"xoxb-1000000000001-1000000000002-{ids.secret()}"
    app = f"xapp-1-A01SANDBOX-1000000000003-{ids.secret(64)}"
    return bot, app, ids.secret(32)
