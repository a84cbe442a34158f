"""What is different between two plans, in their own words: thresholds by stage, then everything else by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from bot.domain.conditions import Condition
from bot.domain.language.spelling import exactly, spell
from bot.domain.plan import Plan, Rule, Stage, Task
from bot.domain.units import Weight


@dataclass(frozen=True, slots=True)
class Difference:
    """One change. `old` is "" for what was added, `new` for what was taken away."""

    where: str
    old: str
    new: str

    def __str__(self) -> str:
        if not self.old:
            return f"{self.where}: + {self.new}"
        return f"{self.where}: - {self.old}" if not self.new else f"{self.where}: {self.old} → {self.new}"


def differences(old: Plan, new: Plan) -> list[Difference]:
    """All changes from one plan to another; stages are matched by weight, conditions by what they speak of."""
    found = list(_fields("", _without_stages(old), _without_stages(new)))
    before, after = _by_weight(old), _by_weight(new)
    for label in dict.fromkeys([*before, *after]):
        if label not in after:
            found.append(Difference("stages", f"stage {label}", ""))
        elif label not in before:
            found.append(Difference("stages", "", f"stage {label}"))
        else:
            found.extend(_fields(f"stage {label} ", dict(before[label]), dict(after[label])))
    return found


def _without_stages(plan: Plan) -> dict[str, Any]:
    return {name: value for name, value in plan if name != "stages"}


def _by_weight(plan: Plan) -> dict[str, Stage]:
    return {str(stage.weight): stage for stage in plan.stages}


def _fields(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for key in dict.fromkeys([*old, *new]):
        yield from _compare(f"{where}{key}", old.get(key), new.get(key))


def _compare(where: str, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    if _conditions(old) and _conditions(new):
        yield from _rules(where, old, new)
    elif _tasks(old) and _tasks(new):
        yield from _fields(f"{where} ", {each.name: each for each in old}, {each.name: each for each in new})
    elif isinstance(old, BaseModel) and isinstance(new, BaseModel) and type(old) is type(new):
        yield from _fields(f"{where}.", dict(old), dict(new))
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _fields(f"{where}.", old, new)
    elif _items(old) and _items(new):
        yield from _one_by_one(where, old, new)
    elif spelled(old) != spelled(new):
        yield Difference(where, spelled(old), spelled(new))


def _conditions(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, Rule | Condition) for item in value)


def _tasks(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, Task) for item in value)


def _items(value: Any) -> bool:
    """Parts, actions, checkpoints, or tiers of a kill switch; texts are shown as one list."""
    return isinstance(value, tuple) and bool(value) and all(isinstance(item, BaseModel | tuple) for item in value)


def _one_by_one(where: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Difference]:
    """As many as before are compared in their places; of more or fewer, those that came and those that went."""
    if len(old) == len(new):
        for number, (former, now) in enumerate(zip(old, new, strict=True), start=1):
            yield from _compare(f"{where} {number}{_kind(now)}", former, now)
        return
    went = [item for item in old if item not in new]
    came = [item for item in new if item not in old]
    if not went and not came:
        yield Difference(where, spelled(old), spelled(new))
    yield from (Difference(where, spelled(item), "") for item in went)
    yield from (Difference(where, "", spelled(item)) for item in came)


def _kind(item: Any) -> str:
    kind = getattr(item, "kind", "")
    return f" ({kind})" if kind else ""


def _rules(where: str, old: Sequence[Rule | Condition], new: Sequence[Rule | Condition]) -> Iterator[Difference]:
    """Pair what speaks of the same thing in the same direction; the rest came or went."""
    left = [rule for rule in old if spelled(rule) not in {spelled(each) for each in new}]
    for rule in new:
        if spelled(rule) in {spelled(each) for each in old}:
            continue
        former = next((each for each in left if _kin(each) == _kin(rule)), None)
        if former is not None:
            left.remove(former)
        yield Difference(where, spelled(former) if former is not None else "", spelled(rule))
    for gone in left:
        yield Difference(where, spelled(gone), "")


def _kin(rule: Rule | Condition) -> tuple[Any, str]:
    condition = rule.condition if isinstance(rule, Rule) else rule
    return condition.subject, condition.op.value[0] if condition.op else ""


def spelled(value: Any) -> str:
    """A plan's value as plans write it; "" for nothing."""
    match value:
        case None | () | "":
            return ""
        case Rule():
            extras = [f"{name}: {spelled(item)}" for name, item in value if name != "condition" and item is not None]
            return "; ".join([spell(value.condition), *extras])
        case Condition():
            return spell(value)
        case timedelta():
            return exactly(value)
        case Weight() | StrEnum():
            return str(value)
        case BaseModel():
            parts = [f"{name}: {spelled(item)}" for name, item in value if spelled(item)]
            return "{" + ", ".join(parts) + "}"
        case Mapping():
            return "{" + ", ".join(f"{key}: {spelled(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(spelled(item) for item in value) + "]"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case _:
            return str(value)
