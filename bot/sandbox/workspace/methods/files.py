"""`files.*`: the upload in three steps (announce, send the bytes, share)."""

import mimetypes

from bot.sandbox.workspace import limits
from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.content import read_blocks
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.methods import places
from bot.sandbox.workspace.records import Records, StoredFile
from bot.sandbox.workspace.refusals import Refused, missing_argument


def get_upload_url(records: Records, args: Arguments) -> Json:
    """`files.getUploadURLExternal`: where to send the bytes of a file of this name and length."""
    name, length = args.needed("filename"), args.number("length", 0)
    if length < 1:
        raise missing_argument("length")
    if length > limits.UPLOAD_BYTES:
        raise Refused("file_upload_size_restricted")
    alt_text = args.text("alt_txt")
    if len(alt_text) > limits.FILE_ALT_TEXT:
        raise Refused("alt_txt_too_large")
    stored = StoredFile(records.ids.new("F"), name, length, records.ids.secret(), alt_text=alt_text)
    records.files[stored.id] = stored
    return {"file_id": stored.id, "upload_url": f"{records.url}/upload/{stored.upload_key}"}


def complete_upload(records: Records, args: Arguments) -> Json:
    """`files.completeUploadExternal`: shares uploaded files in a channel or thread, or just keeps them."""
    wanted = args.structure("files", "invalid_arguments")
    if not isinstance(wanted, list) or not wanted:
        raise missing_argument("files")
    found = [_uploaded(records, item) for item in wanted]
    places_named = (args.text("channel_id") or args.text("channels")).split(",")
    for name in filter(None, places_named):
        _share(records, name, found, args)
    return {"files": [{"id": stored.id, "title": stored.title} for stored in found]}


def as_json(records: Records, stored: StoredFile) -> Json:
    """The file as a message shows it."""
    kind = mimetypes.guess_type(stored.name)[0] or "application/octet-stream"
    address = f"{records.url}/files/{stored.id}"
    return {
        "id": stored.id,
        "name": stored.name,
        "title": stored.title or stored.name,
        "mimetype": kind,
        "size": len(stored.content or b""),
        "alt_txt": stored.alt_text,
        "url_private": address,
        "url_private_download": address,
    }


def _uploaded(records: Records, item: Json) -> StoredFile:
    stored = records.files.get(str(item.get("id")))
    if stored is None or stored.content is None:
        raise Refused("file_not_found")
    stored.title = str(item.get("title") or stored.name)
    return stored


def _share(records: Records, place: str, found: list[StoredFile], args: Arguments) -> None:
    to_person = place in records.people
    channel = records.direct(place) if to_person else places.joined_channel(records, Arguments({"channel": place}))
    comment = args.text("initial_comment")
    blocks = None if comment else read_blocks(args, records)
    message = records.app_message(channel.id, comment, blocks or [])
    message.files = [as_json(records, stored) for stored in found]
    message.thread_ts = args.text("thread_ts") or None
    message.subtype = "file_share"
    records.say(message)
    for stored in found:
        stored.shared = True
