"""`auth.test`, `apps.connections.open`, `team.info`, `bots.info`: about the app and its workspace."""

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.cast import TEAM_DOMAIN, TEAM_ID, TEAM_NAME
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused


def auth_test(records: Records, _args: Arguments) -> Json:
    """`auth.test`: whom the token belongs to."""
    app = records.app
    return {
        "url": f"{records.url}/",
        "team": TEAM_NAME,
        "user": app.name.lower(),
        "team_id": TEAM_ID,
        "user_id": app.user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(records: Records, _args: Arguments) -> Json:
    """`apps.connections.open`: an address for one Socket Mode connection, good for one use."""
    address = records.url.replace("http", "ws", 1)
    return {"url": f"{address}/link/?ticket={records.tickets.issue()}&app_id={records.app.app_id}"}


def team_info(_records: Records, _args: Arguments) -> Json:
    """`team.info`."""
    return {"team": {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN, "email_domain": "", "icon": {}}}


def bots_info(records: Records, args: Arguments) -> Json:
    """`bots.info`."""
    if args.text("bot") not in ("", records.app.bot_id):
        raise Refused("bot_not_found")
    return {"bot": records.app.profile()}
