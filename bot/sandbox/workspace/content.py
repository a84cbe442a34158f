"""Reads what a message is to say (text, blocks, metadata) and refuses what Slack would refuse."""

import json
from dataclasses import dataclass

from bot.sandbox.workspace import limits
from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.block_checks import check_blocks
from bot.sandbox.workspace.ids import Ids
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused
from bot.sandbox.workspace.texts import all_text, controls


@dataclass(frozen=True)
class Content:
    """What was sent. None means "not sent": an update then keeps what was there."""

    text: str
    blocks: list[Json] | None
    attachments: list[Json] | None
    metadata: Json | None

    @property
    def is_empty(self) -> bool:
        """Whether a reader would see nothing."""
        return not (self.text or self.blocks or self.attachments)


def read_content(args: Arguments, records: Records) -> Content:
    """The message that the arguments describe.

    Raises Refused: `invalid_blocks`, `invalid_blocks_format`, `msg_blocks_too_long`, `markdown_text_conflict`,
    `invalid_attachments`, `invalid_metadata_format`, `invalid_metadata_schema`, `metadata_too_large`.
    """
    markdown = args.text("markdown_text")
    if markdown and (args.text("text") or args.given("blocks")):
        raise Refused("markdown_text_conflict")
    text = args.text("text") or markdown
    return Content(text, read_blocks(args, records), _attachments(args), _metadata(args))


def read_blocks(args: Arguments, records: Records) -> list[Json] | None:
    """The message's blocks, each given a `block_id`, or None when none were sent. Raises Refused."""
    blocks = args.structure("blocks", "invalid_blocks_format")
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    if found := check_blocks(blocks, "message", records.unknown_blocks) or _missing_files(blocks, records):
        raise Refused("invalid_blocks", *found)
    if len(all_text(blocks)) > limits.TEXT_OF_ALL_BLOCKS:
        raise Refused("msg_blocks_too_long")
    return with_ids(blocks, records.ids)


def with_ids(blocks: list[Json], ids: Ids) -> list[Json]:
    """The blocks, each with a `block_id`, and each control with an `action_id`, as Slack fills them in."""
    named = [{"block_id": ids.secret(5), **block} for block in json.loads(json.dumps(blocks))]
    for _, control in controls(named):
        control.setdefault("action_id", ids.secret(5))
    return named


def _missing_files(blocks: list[Json], records: Records) -> list[str]:
    """A complaint for each image that shows an upload which isn't there."""
    ready = {stored.id for stored in records.files.values() if stored.content is not None}
    wanted = [(n, block["slack_file"].get("id")) for n, block in enumerate(blocks) if "slack_file" in block]
    return [f"invalid slack file [json-pointer:/blocks/{n}/slack_file]" for n, file in wanted if file not in ready]


def _attachments(args: Arguments) -> list[Json] | None:
    found = args.structure("attachments", "invalid_attachments")
    if found is not None and not isinstance(found, list):
        raise Refused("invalid_attachments")
    return found


def _metadata(args: Arguments) -> Json | None:
    found = args.structure("metadata", "invalid_metadata_format")
    if found is None:
        return None
    if found == {}:
        return {}
    if not isinstance(found, dict) or not isinstance(found.get("event_type"), str):
        raise Refused("invalid_metadata_format")
    payload = found.get("event_payload")
    if not isinstance(payload, dict):
        raise Refused("invalid_metadata_format")
    if any(isinstance(value, dict) for value in payload.values()):
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(found)) > limits.METADATA_BYTES:
        raise Refused("metadata_too_large")
    return found
