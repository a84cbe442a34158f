"""Who calls, and may they: token, token kind and scopes, as Slack checks them before anything else."""

from aiohttp import web

from bot.sandbox.workspace.facts import MethodFacts
from bot.sandbox.workspace.identity import Identity
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.refusals import Refused

_APP_LEVEL_METHODS = frozenset({"apps.connections.open"})


def token_of(request: web.Request, values: Json) -> str:
    """The token from the header, or from the arguments; empty when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    return str(values.get("token") or "")


def check_token(app: Identity, method: str, token: str) -> None:
    """Raises Refused `not_authed`, `invalid_auth`, `token_revoked` or `not_allowed_token_type`."""
    if not token:
        raise Refused("not_authed")
    if token not in (app.bot_token, app.app_token):
        raise Refused("invalid_auth")
    if token in app.revoked:
        raise Refused("token_revoked")
    if (token == app.app_token) is not (method in _APP_LEVEL_METHODS):
        raise Refused("not_allowed_token_type")


def check_scopes(app: Identity, facts: MethodFacts) -> None:
    """Raises Refused `missing_scope` unless the app has one of the scopes that the method takes."""
    if facts.bot_scopes and not set(facts.bot_scopes) & set(app.scopes):
        raise missing_scope(app, facts.bot_scopes[-1])


def check_one_scope(app: Identity, scope: str) -> None:
    """Raises Refused `missing_scope` unless the app has this very scope."""
    if scope not in app.scopes:
        raise missing_scope(app, scope)


def missing_scope(app: Identity, needed: str) -> Refused:
    """The refusal, with what is needed and what the app has."""
    return Refused("missing_scope", needed=needed, provided=",".join(app.scopes))
