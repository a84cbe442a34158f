"""Kind `flag_file` (T8): a weight, or a switch, in a JSON file or as a file's whole text."""

from __future__ import annotations

import copy
import json
import re
from typing import Any, Literal

from pydantic import model_validator

from adapters.placeholders import spelled
from adapters.traffic.file_options import FileOptions
from adapters.traffic.kept_values import KeptKill, KeptTraffic
from adapters.traffic.options import JsonPath
from adapters.traffic.values import Missing, Share, Standing, at, dotted, shown
from bot.domain.kinds import Environment
from bot.domain.planning.fields import WeightField, misread
from bot.ports import Nonsense


class FlagFileOptions(FileOptions):
    """The spot: `key` inside a JSON file, or, with `format: text`, the whole file."""

    key: JsonPath | None = None
    format: Literal["json", "text"] = "json"

    @model_validator(mode="after")
    def _spot(self) -> FlagFileOptions:
        if (self.format == "json") != (self.key is not None):
            raise misread("key goes with format: json, and only with it", "write key: materializers.percent")
        return self


class FlagFileTrafficOptions(FlagFileOptions):
    """`traffic: {kind: flag_file, …}`. `absent_is` is the weight that nothing there means."""

    fraction: bool = False
    absent_is: WeightField | None = None


class FlagFileKillOptions(FlagFileOptions):
    """`kill_switch: {kind: flag_file, …}`: the value that means off and, for the rehearsal, on."""

    off: bool | int | float | str
    on: bool | int | float | str | None = None


class JsonSpot:
    """One key of a JSON file. The objects around it must be there; only the last step may be missing."""

    def __init__(self, options: FlagFileOptions) -> None:
        self._file, self._place, self._key = options.file, options.place, options.key or ()

    @property
    def target(self) -> str:
        return f"flag_file {self._place} {dotted(self._key)}"

    async def get(self) -> Standing:
        text = await self._file.text()
        tree = {} if text is None else self._tree(text)
        self._around(tree)
        try:
            return Standing(at(tree, self._key))
        except Missing:
            return Standing(absent=True)

    async def put(self, standing: Standing) -> None:
        await self._file.rewrite(lambda text: self._changed(text, standing))

    async def rehearse(self) -> str:
        return await self._file.rehearse()

    def _changed(self, text: str | None, standing: Standing) -> str:
        before = {} if text is None else self._tree(text)
        after = copy.deepcopy(before)
        around, step = self._around(after), self._key[-1]
        if isinstance(around, list):
            around[int(step)] = None if standing.absent else standing.value
        elif standing.absent:
            around.pop(step, None)
        else:
            around[step] = standing.value
        unchanged = text is not None and json.dumps(after) == json.dumps(before)
        return text if text is not None and unchanged else _written(after, text)

    def _around(self, tree: Any) -> Any:
        """The object or list that holds the last step."""
        *path, step = self._key
        try:
            around = at(tree, path)
            if isinstance(around, list):
                at(around, [step])
        except Missing as error:
            raise Nonsense(f"{self._place}: {error}") from error
        if not isinstance(around, dict | list):
            raise Nonsense(f"{self._place}: {dotted(path) or 'the file'} is {shown(around)}, nothing with keys")
        return around

    def _tree(self, text: str) -> Any:
        try:
            return json.loads(text, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise Nonsense(f"{self._place} isn't JSON that can be changed safely; nothing was written") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return dict(pairs)


def _written(tree: Any, like: str | None) -> str:
    """JSON in the manner of the old text: its indentation, its last newline."""
    like = "{\n  \n}\n" if like is None else like
    indentation = re.search(r"\n([ \t]+)", like)
    text = json.dumps(tree, ensure_ascii=False, indent=indentation[1] if indentation else None)
    return text + ("\n" if like.endswith("\n") else "")


class WholeText:
    """A file whose text is the value, white space around it aside."""

    def __init__(self, options: FlagFileOptions) -> None:
        self._file, self._place = options.file, options.place

    @property
    def target(self) -> str:
        return f"flag_file {self._place}"

    async def get(self) -> Standing:
        text = await self._file.text()
        return Standing(absent=True) if text is None else Standing(text.strip())

    async def put(self, standing: Standing) -> None:
        await self._file.rewrite(lambda text: _text(text, standing))

    async def rehearse(self) -> str:
        return await self._file.rehearse()


def _text(before: str | None, standing: Standing) -> str | None:
    if standing.absent:
        return None
    ending = "" if before and not before.endswith("\n") else "\n"
    return spelled(standing.value) + ending


def spot(options: FlagFileOptions) -> JsonSpot | WholeText:
    """The place in the file that is meant."""
    return JsonSpot(options) if options.format == "json" else WholeText(options)


def traffic(options: FlagFileTrafficOptions, environment: Environment) -> KeptTraffic:
    """A weight in a file."""
    share = Share.FRACTION if options.fraction else Share.PERCENT
    return KeptTraffic(spot(options), share, options.absent_is)


def kill(options: FlagFileKillOptions, environment: Environment) -> KeptKill:
    """A switch in a file."""
    return KeptKill(spot(options), options.off, options.on)
