"""`chat.*`: what the app says, changes and takes back."""

from dataclasses import replace

from bot.sandbox.workspace import limits
from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.content import Content, read_content
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.messages import Message
from bot.sandbox.workspace.methods import places
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused


def post_message(records: Records, args: Arguments) -> Json:
    """`chat.postMessage`: a new message in a channel or thread; text beyond 40,000 characters is cut off."""
    channel = places.posting_channel(records, args)
    content = _something(read_content(args, records))
    thread_ts = _thread(records, channel.id, args)
    message = records.app_message(channel.id, content.text[: limits.POSTED_TEXT], content.blocks or [])
    message.thread_ts = thread_ts
    message.broadcast = thread_ts is not None and args.flag("reply_broadcast")
    message.subtype = "thread_broadcast" if message.broadcast else None
    message.attachments = content.attachments or []
    message.metadata = content.metadata
    records.say(message)
    return {"channel": channel.id, "ts": message.ts, "message": records.messages.as_json(message)}


def update(records: Records, args: Arguments) -> Json:
    """`chat.update`: parts that aren't sent stay as they were; an empty list takes them away."""
    channel = places.visible_channel(records, args)
    message = places.message(records, channel, args.needed("ts"))
    if message.user != records.app.user_id:
        raise Refused("cant_update_message")
    content = read_content(args, records)
    if len(content.text) > limits.UPDATED_TEXT:
        raise Refused("msg_too_long")
    _change(message, content, args)
    message.edited = {"user": records.app.user_id, "ts": records.ids.stamp()}
    records.redraw(message)
    shown = records.messages.as_json(message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def _change(message: Message, content: Content, args: Arguments) -> None:
    blocks = message.blocks if content.blocks is None else content.blocks
    attachments = message.attachments if content.attachments is None else content.attachments
    sent = args.given("text") or args.given("markdown_text")
    _something(replace(content, blocks=blocks, attachments=attachments))
    message.text = content.text if sent else message.text
    message.blocks, message.attachments = blocks, attachments
    if content.metadata is not None:
        message.metadata = content.metadata or None


def delete(records: Records, args: Arguments) -> Json:
    """`chat.delete`: takes one of the app's messages away; a thread keeps a stone where its first message was."""
    channel = places.visible_channel(records, args)
    message = places.message(records, channel, args.needed("ts"))
    if message.user != records.app.user_id:
        raise Refused("cant_delete_message")
    if records.messages.replies(channel.id, message.ts):
        message.text, message.subtype = "This message was deleted.", "tombstone"
        message.blocks, message.attachments, message.metadata = [], [], None
    else:
        records.messages.remove(message)
    records.changes.note("message_deleted", channel=channel.id, ts=message.ts)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(records: Records, args: Arguments) -> Json:
    """`chat.postEphemeral`: a message that one member sees, until they reload."""
    channel = places.open_channel(records, args)
    if args.needed("user") not in channel.members:
        raise Refused("user_not_in_channel")
    content = _something(read_content(args, records))
    if len(content.text) > limits.POSTED_TEXT:
        raise Refused("msg_too_long")
    message = records.app_message(channel.id, content.text, content.blocks or [])
    message.only_for = args.text("user")
    message.thread_ts = args.text("thread_ts") or None
    records.say(message)
    return {"message_ts": message.ts}


def get_permalink(records: Records, args: Arguments) -> Json:
    """`chat.getPermalink`: an address of the message, which the page can open."""
    channel = places.visible_channel(records, args)
    message = places.message(records, channel, args.needed("message_ts"))
    link = f"{records.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _something(content: Content) -> Content:
    if content.is_empty:
        raise Refused("no_text")
    return content


def _thread(records: Records, channel: str, args: Arguments) -> str | None:
    thread_ts = args.text("thread_ts")
    if not thread_ts:
        return None
    parent = records.messages.find(channel, thread_ts)
    if parent is None or parent.only_for is not None:
        raise Refused("cannot_reply_to_message")
    return parent.thread_ts or parent.ts if parent.is_reply else parent.ts
