"""Who is there: people, user groups and channels, and the cast that a workspace starts with."""

from dataclasses import dataclass, field

from bot.sandbox.workspace.json_value import Json

TEAM_ID = "T01SANDBOX1"
TEAM_NAME = "Sandbox"
TEAM_DOMAIN = "sandbox"


@dataclass
class Person:
    """A member as `users.info` shows one. `stranger` is somebody of another organisation (Slack Connect)."""

    id: str
    handle: str
    name: str
    title: str = ""
    guest: bool = False
    deleted: bool = False
    is_bot: bool = False
    stranger: bool = False
    team_id: str = TEAM_ID
    tz: str = "Europe/Madrid"

    def as_json(self) -> Json:
        """The member as the Web API gives it."""
        profile = {"real_name": self.name, "display_name": self.handle, "title": self.title, "image_72": ""}
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.handle,
            "real_name": self.name,
            "deleted": self.deleted,
            "tz": self.tz,
            "profile": profile | {"team": self.team_id},
            "is_admin": False,
            "is_owner": False,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            "is_stranger": self.stranger,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 0,
        }


@dataclass
class UserGroup:
    """A user group such as `@sre`; `members` are user ids."""

    id: str
    handle: str
    name: str
    members: list[str] = field(default_factory=list)

    def as_json(self, *, with_members: bool) -> Json:
        """The group as `usergroups.list` gives it."""
        shown: Json = {
            "id": self.id,
            "team_id": TEAM_ID,
            "is_usergroup": True,
            "name": self.name,
            "handle": self.handle,
            "description": "",
            "date_delete": 0,
            "user_count": len(self.members),
        }
        return shown | ({"users": list(self.members)} if with_members else {})


@dataclass
class Channel:
    """A public or private channel, or a direct conversation with the app (`with_user` is then set)."""

    id: str
    name: str
    members: list[str] = field(default_factory=list)
    private: bool = False
    archived: bool = False
    with_user: str | None = None
    topic: str = ""
    created: int = 0

    @property
    def kind(self) -> str:
        """`im`, `private_channel` or `public_channel`, as `conversations.list` names them."""
        if self.with_user is not None:
            return "im"
        return "private_channel" if self.private else "public_channel"

    def as_json(self, viewer: str) -> Json:
        """The conversation as the Web API shows it to this member."""
        shown: Json = {
            "id": self.id,
            "created": self.created,
            "is_archived": self.archived,
            "is_im": self.kind == "im",
            "is_private": self.kind != "public_channel",
        }
        if self.with_user is not None:
            return shown | {"user": self.with_user, "is_open": True}
        return shown | {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not self.private,
            "is_group": self.private,
            "is_general": False,
            "is_member": viewer in self.members,
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "context_team_id": TEAM_ID,
        }


def people() -> list[Person]:
    """The default cast, from the most to the least trusted."""
    return [
        Person("U01ANA0001", "ana", "Ana", "SRE, operator"),
        Person("U01BEN0001", "ben", "Ben", "SRE lead, approver"),
        Person("U01CLEO001", "cleo", "Cleo", "SRE lead, approver"),
        Person("U01DEV0001", "dev", "Dev", "Developer, viewer"),
        Person("U01GUS0001", "gus", "Gus", "Guest", guest=True),
    ]


def groups() -> list[UserGroup]:
    """`@sre` and `@sre-leads`."""
    return [
        UserGroup("S01SRE0001", "sre", "SRE", ["U01ANA0001", "U01BEN0001", "U01CLEO001"]),
        UserGroup("S01LEADS01", "sre-leads", "SRE leads", ["U01BEN0001", "U01CLEO001"]),
    ]


def channels(bot_user_id: str) -> list[Channel]:
    """`#canary-live` and `#engineering`, with everybody and the bot in them."""
    everybody = [person.id for person in people()] + [bot_user_id]
    return [
        Channel("C01CANARY1", "canary-live", list(everybody), topic="Rollouts, live"),
        Channel("C01ENGINE1", "engineering", list(everybody), topic="What ships"),
    ]
