"""Checks of what sits inside blocks: buttons, menus, inputs, confirmations."""

from collections.abc import Callable

from bot.sandbox.workspace.json_value import Json
from bot.sandbox.workspace.problems import Problems

Check = Callable[[Json, str, Problems], None]


def confirm(value: object, place: str, problems: Problems) -> None:
    """A confirmation dialog, or none."""
    if value is None or (dialog := problems.thing(value, place)) is None:
        return
    problems.text(dialog.get("title"), "confirm.title", f"{place}/title", plain=True)
    problems.text(dialog.get("text"), "confirm.text", f"{place}/text")
    for name in ("confirm", "deny"):
        problems.text(dialog.get(name), "confirm.button", f"{place}/{name}", plain=True, required=False)
    style(dialog, place, problems)


def style(element: Json, place: str, problems: Problems) -> None:
    """`primary`, `danger`, or none."""
    if element.get("style") not in (None, "primary", "danger"):
        problems.add("must be primary or danger", f"{place}/style")


def _button(element: Json, place: str, problems: Problems) -> None:
    problems.text(element.get("text"), "button.text", f"{place}/text", plain=True)
    for name in ("value", "url", "accessibility_label"):
        problems.string(element.get(name), f"button.{name}", f"{place}/{name}")
    style(element, place, problems)
    confirm(element.get("confirm"), f"{place}/confirm", problems)


def _options(element: Json, place: str, problems: Problems) -> None:
    if element["type"] in ("static_select", "multi_static_select") and "option_groups" in element:
        _groups(element, place, problems)
    else:
        _offers(element.get("options"), f"{element['type']}.options", f"{place}/options", problems)
    _menu(element, place, problems)


def _groups(element: Json, place: str, problems: Problems) -> None:
    groups = problems.things(element["option_groups"], "option_groups", f"{place}/option_groups")
    for index, value in enumerate(groups):
        spot = f"{place}/option_groups/{index}"
        if (group := problems.thing(value, spot)) is not None:
            problems.text(group.get("label"), "option.text", f"{spot}/label", plain=True)
            _offers(group.get("options"), f"{element['type']}.options", f"{spot}/options", problems)


def _offers(options: object, count: str, place: str, problems: Problems) -> None:
    for index, value in enumerate(problems.things(options, count, place)):
        spot = f"{place}/{index}"
        if (option := problems.thing(value, spot)) is None:
            continue
        problems.text(option.get("text"), "option.text", f"{spot}/text")
        problems.string(option.get("value"), "option.value", f"{spot}/value", required=True)
        description = option.get("description")
        problems.text(description, "option.description", f"{spot}/description", required=False)


def _menu(element: Json, place: str, problems: Problems) -> None:
    problems.text(element.get("placeholder"), "placeholder", f"{place}/placeholder", plain=True, required=False)
    confirm(element.get("confirm"), f"{place}/confirm", problems)


def _image(element: Json, place: str, problems: Problems) -> None:
    if "slack_file" not in element:
        problems.string(element.get("image_url"), "image.image_url", f"{place}/image_url", required=True)
    problems.string(element.get("alt_text"), "image.alt_text", f"{place}/alt_text", required=True)


def _text_input(element: Json, place: str, problems: Problems) -> None:
    _menu(element, place, problems)
    longest = element.get("max_length")
    if longest is not None and not (isinstance(longest, int) and 1 <= longest <= 3000):
        problems.add("must be between 1 and 3000", f"{place}/max_length")


MENUS: dict[str, Check] = {
    **dict.fromkeys(("overflow", "static_select", "multi_static_select", "checkboxes", "radio_buttons"), _options),
    **dict.fromkeys(("users_select", "channels_select", "conversations_select", "external_select"), _menu),
    **dict.fromkeys(("multi_users_select", "multi_channels_select", "multi_conversations_select"), _menu),
    **dict.fromkeys(("datepicker", "timepicker", "datetimepicker"), _menu),
}
BUTTONS: dict[str, Check] = {"button": _button}
IMAGES: dict[str, Check] = {"image": _image}
INPUTS: dict[str, Check] = {
    **{kind: check for kind, check in MENUS.items() if kind != "overflow"},
    **dict.fromkeys(("plain_text_input", "email_text_input", "url_text_input", "number_input"), _text_input),
}


def element(value: object, place: str, problems: Problems, allowed: dict[str, Check]) -> None:
    """One element of an allowed kind."""
    if (found := problems.thing(value, place)) is None:
        return
    check = allowed.get(str(found.get("type")))
    if check is None:
        problems.add(f"unsupported type: {found.get('type')}", f"{place}/type")
        return
    problems.ident(found.get("action_id"), f"{place}/action_id")
    check(found, place, problems)
