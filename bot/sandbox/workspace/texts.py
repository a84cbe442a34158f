"""Finds things anywhere inside blocks: their words, and the controls that one can act on."""

from collections.abc import Iterator

from bot.sandbox.workspace.json_value import Json

_WORDS = ("text", "alt_text", "title", "caption", "label", "hint", "placeholder")
_CONTROLS = ("button", "overflow", "checkboxes", "radio_buttons")
_CONTROL_ENDINGS = ("_select", "_input", "picker")


def all_text(value: object) -> str:
    """Every word that a reader would see, run together: what counts against the total limits."""
    if isinstance(value, list):
        return "".join(all_text(item) for item in value)
    if not isinstance(value, dict):
        return ""
    own = "".join(value[name] for name in _WORDS if isinstance(value.get(name), str))
    return own + "".join(all_text(item) for item in value.values() if isinstance(item, dict | list))


def controls(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """Each element that a person can act on, with the id of its block, containers included."""
    for block in blocks:
        block_id = str(block.get("block_id", ""))
        inner = [*_listed(block, "elements"), *_listed(block, "actions")]
        inner += [block[name] for name in ("accessory", "element") if isinstance(block.get(name), dict)]
        for element in inner:
            if is_control(element):
                yield block_id, element
            elif element.get("type") == "card":
                yield from controls([element])
        yield from controls(_listed(block, "child_blocks"))


def is_control(element: Json) -> bool:
    """Whether a person can act on this element."""
    kind = str(element.get("type"))
    return kind in _CONTROLS or kind.endswith(_CONTROL_ENDINGS)


def _listed(block: Json, name: str) -> list[Json]:
    found = block.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
