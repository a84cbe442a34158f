"""`views.*`: modals and App Home."""

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.controls import kept_states
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused
from bot.sandbox.workspace.view_checks import read_view
from bot.sandbox.workspace.views import View


def new_view(records: Records, user: str, content: Json) -> View:
    """A view of this content for this person, not yet shown anywhere."""
    view_id = records.ids.new("V")
    return View(view_id, user, _hash(records), content, root_id=view_id)


def change(records: Records, view: View, content: Json) -> None:
    """Replace what a view shows; what was typed stays where block id and action id do."""
    view.content, view.hash = content, _hash(records)
    view.errors, view.values = {}, kept_states(content["blocks"], view.values)
    records.changes.note("view", user=view.user)


def open_(records: Records, args: Arguments) -> Json:
    """`views.open`: a modal for whoever the trigger belongs to."""
    return _show(records, args, push=False)


def push(records: Records, args: Arguments) -> Json:
    """`views.push`: another modal on top."""
    return _show(records, args, push=True)


def update(records: Records, args: Arguments) -> Json:
    """`views.update`: other content for an open view, by `view_id` or `external_id`."""
    content = read_view(args, records, "modal", "home")
    view = records.views.find(args.text("view_id") or None, args.text("external_id") or None)
    _check_hash(view, args)
    change(records, view, content)
    return {"view": view.as_json()}


def publish(records: Records, args: Arguments) -> Json:
    """`views.publish`: what a person's App Home shows."""
    user = args.needed("user_id")
    if user not in records.people:
        raise Refused("invalid_arguments", "user_id must be a member's id")
    content = read_view(args, records, "home")
    if shown := records.views.home(user):
        _check_hash(shown, args)
    view = new_view(records, user, content)
    view.id = view.root_id = shown.id if shown else view.id
    records.views.publish(view)
    records.changes.note("home", user=user)
    return {"view": view.as_json()}


def _show(records: Records, args: Arguments, *, push: bool) -> Json:
    trigger_id = args.needed("trigger_id")
    content = read_view(args, records, "modal")
    view = new_view(records, records.triggers.spend(trigger_id), content)
    if push:
        records.views.push(view)
    else:
        records.views.open(view)
    records.changes.note("view", user=view.user)
    return {"view": view.as_json()}


def _check_hash(view: View, args: Arguments) -> None:
    if args.text("hash") and args.text("hash") != view.hash:
        raise Refused("hash_conflict")


def _hash(records: Records) -> str:
    return f"{records.ids.stamp()}.{records.ids.secret(8)}"
