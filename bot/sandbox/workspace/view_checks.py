"""Reads the `view` argument, and refuses what Slack would refuse."""

import json

from bot.sandbox.workspace import limits
from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.block_checks import check_blocks
from bot.sandbox.workspace.content import with_ids
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.problems import Problems
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused, missing_argument


def read_view(args: Arguments, records: Records, *kinds: str) -> Json:
    """The view, its blocks given ids. Raises Refused: `view_too_large`, `invalid_arguments`."""
    view = args.structure("view", "invalid_arguments")
    if view is None:
        raise missing_argument("view")
    return checked_view(view, records, *kinds)


def checked_view(view: object, records: Records, *kinds: str) -> Json:
    """The same view when Slack would take it; `kinds` are those allowed here. Raises Refused."""
    if not isinstance(view, dict) or view.get("type") not in kinds:
        raise Refused("invalid_arguments", f"view must be of type {' or '.join(kinds)} [json-pointer:/view]")
    if len(json.dumps(view)) > limits.VIEW_BYTES:
        raise Refused("view_too_large")
    if found := view_problems(view):
        raise Refused("invalid_arguments", *found)
    return view | {"blocks": with_ids(view["blocks"], records.ids)}


def view_problems(view: Json) -> list[str]:
    """What Slack would complain about: one line for each mistake, none when all is well."""
    problems = Problems()
    for name in ("private_metadata", "callback_id", "external_id"):
        problems.string(view.get(name), f"view.{name}", f"/view/{name}")
    if not isinstance(view.get("blocks"), list):
        problems.add("missing required field", "/view/blocks")
        return problems.found
    if view["type"] == "modal":
        _check_modal(view, problems)
    return problems.found + check_blocks(view["blocks"], view["type"])


def _check_modal(view: Json, problems: Problems) -> None:
    problems.text(view.get("title"), "view.title", "/view/title", plain=True)
    for name in ("submit", "close"):
        problems.text(view.get(name), "view.button", f"/view/{name}", plain=True, required=False)
    asks = any(isinstance(b, dict) and b.get("type") == "input" for b in view["blocks"])
    if asks and not view.get("submit"):
        problems.add("a view with an input block must have a submit button", "/view/submit")
