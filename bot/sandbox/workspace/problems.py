"""Collects what is wrong with blocks, each with the place, in the words that Slack uses."""

from bot.sandbox.workspace import limits
from bot.sandbox.workspace.json_value import Json


class Problems:
    """The mistakes found so far. A place is a JSON pointer such as `/blocks/0/text`."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, what: str, place: str) -> None:
        """Note one mistake."""
        self.found.append(f"{what} [json-pointer:{place}]")

    def thing(self, value: object, place: str) -> Json | None:
        """The value if it is an object; otherwise a problem."""
        if isinstance(value, dict):
            return value
        self.add("must be an object" if value is not None else "missing required field", place)
        return None

    def things(self, value: object, count: str, place: str) -> list[object]:
        """The value if it is a list of the allowed length; `count` names the limit."""
        fewest, most = limits.COUNT[count]
        if not isinstance(value, list):
            self.add("must be an array" if value is not None else "missing required field", place)
            return []
        if len(value) > most:
            self.add(f"no more than {most} items allowed", place)
        if len(value) < fewest:
            self.add(f"no less than {fewest} items required", place)
        return value

    def string(self, value: object, limit: str, place: str, *, required: bool = False) -> None:
        """A bare string within its limit."""
        if value is None:
            if required:
                self.add("missing required field", place)
        elif not isinstance(value, str):
            self.add("must be a string", place)
        elif len(value) > (most := limits.STRING[limit]):
            self.add(f"must be less than {most + 1} characters", place)

    def ident(self, value: object, place: str) -> None:
        """A `block_id` or `action_id`."""
        if value is not None and (not isinstance(value, str) or not 1 <= len(value) <= limits.IDS):
            self.add(f"must be a string of 1 to {limits.IDS} characters", place)

    def text(
        self,
        value: object,
        limit: str,
        place: str,
        *,
        plain: bool = False,
        required: bool = True,
    ) -> None:
        """A text object, `plain_text` or (unless `plain`) `mrkdwn`, that isn't empty and not too long."""
        if value is None and not required:
            return
        if (text := self.thing(value, place)) is None:
            return
        kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
        if text.get("type") not in kinds:
            self.add(f"must be {' or '.join(kinds)}: {text.get('type')}", f"{place}/type")
        words = text.get("text")
        if not isinstance(words, str) or not words:
            self.add("must be more than 0 characters", f"{place}/text")
        elif len(words) > (most := limits.TEXT[limit]):
            self.add(f"must be less than {most + 1} characters", f"{place}/text")
