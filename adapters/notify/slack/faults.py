"""Slack's errors in our words: every documented code of the methods that are called, and what the wire may do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import ClientConnectorError, ClientError
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.ports import Denied, Nonsense, OutOfReach, OutsideFault, ShutOut, SlowDown, Uncertain, Unwelcome

SLOW = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

PERHAPS_DONE = frozenset({"internal_error", "fatal_error", "request_timeout", "update_failed", "file_update_failed"})
"""Slack itself failed: for a post it may stand or not, for all else trying again is safe."""

AGAIN = frozenset({"service_unavailable", "team_added_to_org", "external_channel_migrating"})

_TOKEN = "the bot token no longer works for this; check SLACK_BOT_TOKEN and the app's installation"  # noqa: S105 - words
_SCOPE = "the app lacks a scope; reinstall it from deploy/manifest.yaml"
_PLACE = "the channel isn't there, is closed, or Perch isn't in it; invite Perch, or mend the plan's channel"
_MESSAGE = "the message is gone or can't be changed any more"
_BUILT = "Slack doesn't take the message as it is built; that is a mistake in Perch"
_PERSON = "there is no such person or group that Perch can see"
_DIALOG = "the dialog came too late; click again"
_CHANGED = "it was changed or closed meanwhile; what stands there now is newer"
_HOME = "the app's Home tab is off; api.slack.com/apps, App Home, Home Tab turns it on"
_RULES = "a rule of the workspace forbids it; ask its admins"

DENIED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "invalid_auth",
            "not_authed",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "not_allowed_token_type",
            "forbidden_team",
            "team_not_found",
            "invalid_team",
            "insecure_request",
            "team_access_not_granted",
        ),
        _TOKEN,
    ),
    **dict.fromkeys(("missing_scope", "no_permission"), _SCOPE),
    **dict.fromkeys(
        (
            "channel_not_found",
            "not_in_channel",
            "invalid_channel",
            "is_archived",
            "is_inactive",
            "channel_is_limited_access",
            "messages_tab_disabled",
            "method_not_supported_for_channel_type",
            "user_not_in_channel",
        ),
        _PLACE,
    ),
    **dict.fromkeys(
        (
            "message_not_found",
            "cant_update_message",
            "edit_window_closed",
            "thread_not_found",
            "cannot_reply_to_message",
            "cant_broadcast_message",
            "no_dual_broadcast_content_update",
            "streaming_state_conflict",
            "file_deleted",
            "file_is_deleted",
            "file_not_found",
            "file_comment_not_found",
            "list_record_comment_fetch_failed",
            "duplicate_message_not_found",
            "duplicate_channel_not_found",
        ),
        _MESSAGE,
    ),
    **dict.fromkeys(
        (
            "invalid_blocks",
            "invalid_blocks_format",
            "block_mismatch",
            "msg_too_long",
            "msg_blocks_too_long",
            "no_text",
            "too_many_attachments",
            "invalid_attachments",
            "attachment_payload_limit_exceeded",
            "too_many_contact_cards",
            "markdown_text_conflict",
            "metadata_too_large",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "invalid_metadata_filter_keys",
            "metadata_must_be_sent_from_app",
            "missing_file_data",
            "bad_timestamp",
            "no_item_specified",
            "missing_args",
            "missing_argument",
            "limit_required",
            "invalid_cursor",
            "invalid_limit",
            "invalid_types",
            "invalid_ts_latest",
            "invalid_ts_oldest",
            "invalid_arguments",
            "as_user_not_supported",
            "view_too_large",
            "alt_txt_too_large",
            "snippet_too_large",
            "unknown_snippet_type",
            "unknown_subtype",
            "file_upload_size_restricted",
            "channels_limit_exceeded",
            "duplicate_external_id",
            "draft_already_deleted",
            "draft_already_sent",
            "draft_has_conflict",
            "draft_not_found",
        ),
        _BUILT,
    ),
    **dict.fromkeys(
        ("user_not_found", "users_not_found", "user_not_visible", "no_such_subteam", "too_many_users"), _PERSON
    ),
    **dict.fromkeys(("hash_conflict", "not_found"), _CHANGED),
    **dict.fromkeys(("not_enabled", "missing_profile_id", "not_implemented"), _HOME),
    **dict.fromkeys(("expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"), _DIALOG),
    **dict.fromkeys(
        (
            "app_access_restricted",
            "ekm_access_denied",
            "restricted_action",
            "restricted_action_non_threadable_channel",
            "restricted_action_read_only_channel",
            "restricted_action_thread_locked",
            "restricted_action_thread_only_channel",
            "posting_to_channel_denied",
            "send_on_behalf_not_allowed",
            "plan_upgrade_required",
            "access_denied",
            "file_type_not_allowed",
            "file_uploads_disabled",
            "file_uploads_except_images_disabled",
            "storage_limit_reached",
            "blocked_file_type",
            "file_share_limit_reached",
            "max_file_sharing_exceeded",
            "unable_to_share_files",
            "slack_connect_blocked_file_type",
            "slack_connect_canvas_sharing_blocked",
            "slack_connect_clip_sharing_blocked",
            "slack_connect_file_link_sharing_blocked",
            "slack_connect_file_upload_sharing_blocked",
            "slack_connect_lists_sharing_blocked",
        ),
        _RULES,
    ),
}
"""What no repetition will mend, and who can."""

UNBUILT = frozenset(code for code, words in DENIED.items() if words is _BUILT)
"""Refused for its form: its plain text may still pass."""


class SlackDenied(Denied):
    """Denied, with Slack's own code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack says {code}: {DENIED.get(code, 'Perch does not know this answer')}")
        self.code = code


class SlackShutsUsOut(SlackDenied, ShutOut):
    """The token is no longer good."""


class SlackPlaceRefuses(SlackDenied, Unwelcome):
    """The channel is archived, gone, or without Perch."""


PLACES = frozenset(code for code, words in DENIED.items() if words is _PLACE) | {
    "restricted_action",
    "restricted_action_read_only_channel",
    "posting_to_channel_denied",
}
"""Refused where it was said, not for what it is: it may be said elsewhere, or here when a person has mended that."""


def _denied(code: str, *, posting: bool) -> SlackDenied:
    """`posting` without the scope for it is as good as without a token; elsewhere only one thing can't be done."""
    words = DENIED.get(code)
    if words is _TOKEN or (posting and words is _SCOPE):
        return SlackShutsUsOut(code)
    return SlackPlaceRefuses(code) if code in PLACES else SlackDenied(code)


@asynccontextmanager
async def in_our_words(*, posting: bool = False) -> AsyncIterator[None]:
    """Translate what a Web API call raises. `posting`: a broken connection leaves it open whether the message stands.

    Raises SlowDown, Uncertain (only when posting), OutOfReach, Denied or Nonsense.
    """
    try:
        yield
    except SlackApiError as refused:
        raise translated(refused, posting=posting) from refused
    except ClientConnectorError as fault:
        raise OutOfReach("Slack can't be reached") from fault
    except (TimeoutError, ClientError, OSError) as fault:
        raise _broken(f"the connection to Slack broke ({type(fault).__name__})", posting) from fault
    except SlackClientError as fault:
        raise Nonsense(f"Slack's client refused the call ({type(fault).__name__})") from fault
    except AttributeError as fault:
        # What the client makes of a 200 with plain text: it asks a text for its fields.
        raise _broken("Slack doesn't answer properly (plain text; is there a proxy before it?)", posting) from fault


def translated(refused: SlackApiError, *, posting: bool = False) -> OutsideFault:
    """The fault that an error answer stands for."""
    code, status = error_code(refused), _status(refused)
    if status == 429 or code in SLOW:
        return SlowDown(_retry_after(refused))
    if code in PERHAPS_DONE or (not code and status >= 500):
        return _broken(f"Slack failed ({code or status})", posting)
    if code in AGAIN:
        return OutOfReach(f"Slack doesn't answer properly ({code})")
    if not code:
        # A web page in between, or an answer cut short: what was asked may have been done.
        return _broken(f"Slack doesn't answer properly ({status})", posting)
    return _denied(code, posting=posting)


def _broken(what: str, posting: bool) -> OutsideFault:
    return Uncertain(f"{what}; the message may stand") if posting else OutOfReach(what)


def error_code(refused: SlackApiError) -> str:
    """Slack's code, or "" where the answer was no JSON (then `response` is something else entirely)."""
    data = getattr(refused.response, "data", refused.response)
    return str(data.get("error", "")) if isinstance(data, Mapping) else ""


def _status(refused: SlackApiError) -> int:
    response = refused.response
    for name in ("status_code", "status"):
        value = getattr(response, name, None)
        if isinstance(value, int):
            return value
    return int(response.get("status", 0)) if isinstance(response, Mapping) else 0


def _retry_after(refused: SlackApiError) -> float:
    headers = getattr(refused.response, "headers", None)
    found = {str(name).lower(): value for name, value in headers.items()} if headers else {}
    try:
        return max(float(found.get("retry-after", 1)), 0.0)
    except (TypeError, ValueError):
        return 1.0
