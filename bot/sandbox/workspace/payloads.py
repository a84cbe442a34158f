"""The shapes in which Slack tells an app what somebody did."""

from bot.sandbox.workspace.cast import TEAM_DOMAIN, TEAM_ID, Channel, Person
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.messages import Message
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.views import View


def command(records: Records, person: Person, channel: Channel, name: str, text: str) -> Json:
    """A slash command, all values text: https://docs.slack.dev/interactivity/implementing-slash-commands."""
    return {
        "token": records.app.verification_token,
        "team_id": person.team_id,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.with_user else channel.name,
        "user_id": person.id,
        "user_name": person.handle,
        "command": name,
        "text": text,
        "api_app_id": records.app.app_id,
        "is_enterprise_install": "false",
        "response_url": f"{records.url}/{records.response_urls.issue(person.id, channel.id)}",
        "trigger_id": records.triggers.issue(person.id),
    }


def event(records: Records, inner: Json) -> Json:
    """An Events API delivery around one event: https://docs.slack.dev/apis/events-api."""
    bot = {"enterprise_id": None, "team_id": TEAM_ID, "user_id": records.app.user_id}
    return {
        "token": records.app.verification_token,
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "context_enterprise_id": None,
        "api_app_id": records.app.app_id,
        "event": inner,
        "type": "event_callback",
        "event_id": records.ids.new("Ev"),
        "event_time": int(records.clock()),
        "authorizations": [bot | {"is_bot": True, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
    }


def message_click(records: Records, person: Person, message: Message, shown: Json, action: Json, values: Json) -> Json:
    """`block_actions` from a message; `shown` is the message as this person saw it when they clicked."""
    channel = records.channels[message.channel]
    ephemeral = message.only_for is not None
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    right = records.response_urls.issue(person.id, channel.id, message.ts)
    payload = _interaction(records, person, "block_actions") | {
        "container": container,
        "trigger_id": records.triggers.issue(person.id),
        "channel": {"id": channel.id, "name": "directmessage" if channel.with_user else channel.name},
        "state": {"values": values},
        "response_url": f"{records.url}/{right}",
        "actions": [action],
    }
    return payload if ephemeral else payload | {"message": shown}


def view_click(records: Records, person: Person, view: View, action: Json) -> Json:
    """`block_actions` from a modal or App Home."""
    return _interaction(records, person, "block_actions") | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": records.triggers.issue(person.id),
        "view": view.as_json(),
        "actions": [action],
    }


def submission(records: Records, person: Person, view: View) -> Json:
    """`view_submission`; the values are in the view's state."""
    trigger_id = records.triggers.issue(person.id)
    extra = {"trigger_id": trigger_id, "view": view.as_json(), "response_urls": []}
    return _interaction(records, person, "view_submission") | extra


def closing(records: Records, person: Person, view: View, *, cleared: bool) -> Json:
    """`view_closed`, for views that asked to be told."""
    return _interaction(records, person, "view_closed") | {"view": view.as_json(), "is_cleared": cleared}


def _interaction(records: Records, person: Person, kind: str) -> Json:
    return {
        "type": kind,
        "user": {
            "id": person.id,
            "username": person.handle,
            "name": person.handle,
            "team_id": person.team_id,
        },
        "api_app_id": records.app.app_id,
        "token": records.app.verification_token,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }
