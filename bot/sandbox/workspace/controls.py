"""What a person does to one control: finds it, and says what they chose, as Slack would."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.workspace.ids import Ids
from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.texts import controls

_ONE_OF = ("overflow", "static_select", "radio_buttons")
_SOME_OF = ("checkboxes", "multi_static_select")
_PLAIN = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}
_WITHOUT_STATE = ("button", "overflow")


def find_control(blocks: list[Json], action_id: str, within: str | None = None) -> tuple[str, Json]:
    """The block id and the element with this action id: the first one, or the one `within` a block.

    Raises LookupError, naming those there are.
    """
    for block_id, element in controls(blocks):
        if element.get("action_id") == action_id and within in (None, block_id):
            return block_id, element
    there = ", ".join(str(element.get("action_id")) for _, element in controls(blocks)) or "none"
    raise LookupError(f"no control {action_id!r} there; the controls are: {there}")


def action(block_id: str, element: Json, chosen: Any, ids: Ids) -> Json:
    """The entry of `actions` in a `block_actions` payload. Raises LookupError for an option that isn't offered."""
    shown: Json = {"action_id": element["action_id"], "block_id": block_id, "type": element["type"]}
    if element["type"] == "button":
        shown["text"] = element["text"]
        shown |= {name: element[name] for name in ("value", "style", "url") if name in element}
        if chosen is not None:
            shown["value"] = str(chosen)
    else:
        shown |= state(element, chosen)
    return shown | {"action_ts": ids.stamp()}


def state(element: Json, chosen: Any) -> Json:
    """What `state.values` holds for an element once the person has chosen. Raises LookupError."""
    kind = element["type"]
    if kind in _ONE_OF:
        return {"type": kind, "selected_option": None if chosen is None else _option(element, chosen)}
    if kind in _SOME_OF:
        return {"type": kind, "selected_options": [_option(element, value) for value in chosen or []]}
    return {"type": kind, _PLAIN.get(kind, "value"): chosen}


def initial(element: Json) -> Json:
    """What `state.values` holds before anybody chose."""
    kind = element["type"]
    if kind in _ONE_OF:
        return {"type": kind, "selected_option": element.get("initial_option")}
    if kind in _SOME_OF:
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    name = _PLAIN.get(kind, "value")
    return {"type": kind, name: element.get(name.replace("selected", "initial") if kind in _PLAIN else "initial_value")}


def states(blocks: list[Json], before: Json, typed: Mapping[str, Any]) -> Json:
    """`state.values`: every control by block id and action id, what is `typed` over what it was `before`.

    `typed` names a control by its action id, or as `block/action` where blocks share one. Raises LookupError for an
    option that isn't offered.
    """
    found: Json = {}
    for block_id, element in controls(blocks):
        name = str(element.get("action_id"))
        if element["type"] in _WITHOUT_STATE:
            continue
        found.setdefault(block_id, {})[name] = before.get(block_id, {}).get(name) or initial(element)
        for key in {name, f"{block_id}/{name}"} & set(typed):
            found[block_id][name] = state(element, typed[key])
    return found


def kept_states(blocks: list[Json], before: Json) -> Json:
    """What stays typed when a view shows other blocks: where block id, action id and kind are as they were."""
    found: Json = {}
    for block_id, element in controls(blocks):
        name = str(element.get("action_id"))
        if (old := before.get(block_id, {}).get(name)) and old["type"] == element["type"]:
            found.setdefault(block_id, {})[name] = old
    return found


def is_blank(chosen: Json) -> bool:
    """Whether nothing was chosen or typed."""
    return not any(value for name, value in chosen.items() if name != "type")


def _option(element: Json, value: Any) -> Json:
    offered = element.get("options") or [o for group in element.get("option_groups", []) for o in group["options"]]
    for option in offered:
        if option.get("value") == value:
            return dict(option)
    names = ", ".join(str(option.get("value")) for option in offered)
    raise LookupError(f"{element.get('action_id')} offers {names}, not {value!r}")
