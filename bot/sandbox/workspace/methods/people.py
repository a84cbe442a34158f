"""`users.*`, `usergroups.*`: who is who, and who belongs to which group."""

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.methods import places
from bot.sandbox.workspace.methods.pages import page
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused


def info(records: Records, args: Arguments) -> Json:
    """`users.info`."""
    return {"user": places.person(records, args.needed("user")).as_json()}


def list_(records: Records, args: Arguments) -> Json:
    """`users.list`."""
    shown, metadata = page(list(records.people.values()), args)
    return {"members": [person.as_json() for person in shown], "response_metadata": metadata}


def groups(records: Records, args: Arguments) -> Json:
    """`usergroups.list`, with the members when `include_users` is set."""
    with_members = args.flag("include_users")
    return {"usergroups": [group.as_json(with_members=with_members) for group in records.groups.values()]}


def group_members(records: Records, args: Arguments) -> Json:
    """`usergroups.users.list`: user ids."""
    group = records.groups.get(args.needed("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": list(group.members)}
