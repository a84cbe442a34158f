"""What a person does to one control: finds it, and says what they chose, as Slack would."""

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
}


def find_control(blocks: list[Json], action_id: str) -> tuple[str, Json]:
    """The block id and the element with this action id. Raises LookupError, naming those there are."""
    found = {str(element.get("action_id")): (block_id, element) for block_id, element in controls(blocks)}
    if action_id not in found:
        there = ", ".join(found) or "none"
        raise LookupError(f"no control {action_id!r} there; the controls are: {there}")
    return found[action_id]


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
