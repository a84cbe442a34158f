"""What the app answers straight to an interaction: in its acknowledgement, or through `response_url`."""

from aiohttp import web

from bot.sandbox.workspace import arguments
from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.content import Content, read_content
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.messages import Message
from bot.sandbox.workspace.records import Records
from bot.sandbox.workspace.refusals import Refused
from bot.sandbox.workspace.response_urls import ResponseUrl


def post_answer(records: Records, user: str, channel: str, body: Json) -> Message | None:
    """Show an answer: to this person only, or in the channel if it says so. Raises Refused."""
    args = Arguments(body)
    content = read_content(args, records)
    if content.is_empty:
        return None
    message = records.app_message(channel, content.text, content.blocks or [])
    message.only_for = None if args.text("response_type") == "in_channel" else user
    message.thread_ts = args.text("thread_ts") or None
    return records.say(message)


class ResponseUrlEndpoint:
    """Serves `/response/<key>`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def handle(self, request: web.Request) -> web.Response:
        """One post: `replace_original`, `delete_original`, or a new message."""
        try:
            body = await arguments.read(request)
            right = self._records.response_urls.spend(request.match_info["key"])
            self._carry_out(right, body)
        except Refused as refused:
            status = refused.status if refused.status != 200 else 400
            return web.json_response(refused.as_json(), status=status)
        return web.Response(text="ok")

    def _carry_out(self, right: ResponseUrl, body: Json) -> None:
        args = Arguments(body)
        original = self._records.messages.find(right.channel, right.message_ts or "")
        if args.flag("delete_original") and original is not None:
            self._records.messages.remove(original)
            self._records.changes.note("message_deleted", channel=right.channel, ts=original.ts)
        elif args.flag("replace_original") and original is not None:
            self._replace(original, read_content(args, self._records))
        elif post_answer(self._records, right.user, right.channel, body) is None:
            raise Refused("no_text")

    def _replace(self, original: Message, content: Content) -> None:
        if content.is_empty:
            raise Refused("no_text")
        original.text, original.blocks = content.text, content.blocks or []
        self._records.redraw(original)
