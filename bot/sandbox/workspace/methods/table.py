"""Every Web API method that the workspace serves, by its Slack name."""

from collections.abc import Callable

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.methods import chat, conversations, files, installation, people, reactions, view_calls
from bot.sandbox.workspace.records import Records

Method = Callable[[Records, Arguments], Json]
"""Carries a call out and gives the answer without its `ok`, or raises Refused."""

METHODS: dict[str, Method] = {
    "auth.test": installation.auth_test,
    "apps.connections.open": installation.open_connection,
    "bots.info": installation.bots_info,
    "team.info": installation.team_info,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.postMessage": chat.post_message,
    "chat.update": chat.update,
    "conversations.history": conversations.history,
    "conversations.info": conversations.info,
    "conversations.list": conversations.list_,
    "conversations.members": conversations.members,
    "conversations.open": conversations.open_,
    "conversations.replies": conversations.replies,
    "files.completeUploadExternal": files.complete_upload,
    "files.getUploadURLExternal": files.get_upload_url,
    "reactions.add": reactions.add,
    "reactions.get": reactions.get,
    "reactions.remove": reactions.remove,
    "usergroups.list": people.groups,
    "usergroups.users.list": people.group_members,
    "users.info": people.info,
    "users.list": people.list_,
    "views.open": view_calls.open_,
    "views.publish": view_calls.publish,
    "views.push": view_calls.push,
    "views.update": view_calls.update,
}
