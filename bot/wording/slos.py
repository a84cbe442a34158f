"""SLOs and error budgets in words: what each keeps, what is left of its budget, what a stage may cost (R13, X11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.budget_levels import EXHAUSTED, LOW
from bot.domain.budgets import cost
from bot.domain.gates import leads_to
from bot.domain.objectives import NO_BUDGET
from bot.domain.rollout import Gate
from bot.domain.slos import SloLevel, SloSeen
from bot.domain.units import parse_duration
from bot.ports import Said
from bot.wording.blocks import told
from bot.wording.language import t, t_many
from bot.wording.numbers import number
from bot.wording.remarks import remark
from bot.wording.sentences import code, joined, span
from bot.wording.telling import Telling

SHOWN = 6
COSTS = 2
_WORST = (SloLevel.VIOLATED, SloLevel.CRITICAL, None, SloLevel.WARNING, SloLevel.PASS)


def level_words(level: SloLevel | None) -> str:
    """A level with its mark: never the mark alone."""
    return {
        SloLevel.PASS: t("✅ pass"),
        SloLevel.WARNING: t("⚠️ warning"),
        SloLevel.CRITICAL: t("❌ critical"),
        SloLevel.VIOLATED: t("🛑 violated"),
        None: t("❔ no data"),
    }[level]


def slo_lines(seen: Sequence[SloSeen]) -> list[str]:
    """A heading, and one line for each SLO, the worst first."""
    if not seen:
        return []
    ranked = sorted(seen, key=lambda each: _WORST.index(each.level))
    more = [t("… and {count} more", count=len(ranked) - SHOWN)] if len(ranked) > SHOWN else []
    return [f"*{t('Service level objectives')}:*", *map(slo_line, ranked[:SHOWN]), *more]


def slo_line(seen: SloSeen) -> str:
    """`` `toggle` ✅ pass: 99.95% (≥ 99.9%) · 62% of the error budget of 30 d left · burn rate 0.4× over 1 h ``."""
    name, level = code(seen.name, 60), level_words(seen.level)
    if seen.actual.value is None:
        head = t("{slo} {level}: {why}", slo=name, level=level, why=_why(seen.actual.missing))
    else:
        actual = number(seen.actual.value, seen.unit)
        head = t("{slo} {level}: {actual} ({target})", slo=name, level=level, actual=actual, target=target(seen.target))
    return " · ".join([head, *_budget(seen)])


def target(text: str) -> str:
    """`≥ 99.9%`, `≤ 1500ms`, `&lt; 1%`: a target with its side, also where a plan needn't write it."""
    for written, sign in ((">=", "≥"), ("<=", "≤"), (">", "&gt;"), ("<", "&lt;")):
        if text.startswith(written):
            return f"{sign} {text.removeprefix(written).strip()}"
    return f"≥ {text}"


def _budget(seen: SloSeen) -> list[str]:
    if seen.budget.value is None:
        said = seen.budget.missing in (NO_BUDGET, seen.actual.missing)
        return [] if said else [t("error budget not known: {why}", why=_why(seen.budget.missing))]
    window = span(seen.window)
    parts = [t("{left} of the error budget of {window} left", left=left(seen.budget.value), window=window)]
    burns = {window: figure.value for window, figure in seen.burns.items() if figure.value is not None}
    return [*parts, *([t("burn rate {burns}", burns=burn_rates(burns))] if burns else [])]


def _why(missing: str) -> str:
    return remark(missing, 120) or t("not asked yet")


def left(percent: float) -> str:
    """What is left, never rounded to nothing."""
    return number(percent, "percent", 0.0)


def burn_rates(burns: Mapping[str, float]) -> str:
    """`2× over 5 min, 0.4× over 1 h`, the shortest first: 1× uses up exactly the budget by the window's end."""
    shown = sorted(burns.items(), key=lambda each: parse_duration(each[0]))[:3]
    return ", ".join(t("{burn}× over {window}", burn=number(burn), window=_span(window)) for window, burn in shown)


# ---- what is told ---------------------------------------------------------------------------------------------------


def budget(telling: Telling) -> Said:
    """A budget has come to a worse level: once for each."""
    facts, level = telling.facts, telling.text("level")
    name, slo = telling.name, code(facts.get("slo", ""), 60)
    window = _span(facts.get("window"))
    lines = [t("Burn rate: {burns}.", burns=burn_rates(burns))] if (burns := facts.get("burns")) else []
    if level == EXHAUSTED:
        head = t("🛑 {name}: the error budget of {slo} for {window} is used up.", name=name, slo=slo, window=window)
        return told(head, *lines, t("Nothing goes on with it unless the override role says so."))
    head = t(
        "{mark} {name}: {left} of the error budget of {slo} for {window} is left, less than {limit}.",
        mark="⚠️" if level == "warning" else "🚨",
        name=name,
        left=left(float(facts.get("left") or 0.0)),
        slo=slo,
        window=window,
        limit=number(LOW.get(level, 0.0), "percent"),
    )
    return told(head, *lines, t("At 0% it goes on hold."))


def _span(window: object) -> str:
    try:
        return span(parse_duration(str(window)))
    except ValueError:
        return t("its window")


def overspent(telling: Telling) -> Said:
    """Somebody says to go on with a used-up budget."""
    names = joined([code(each.get("slo", ""), 60) for each in telling.facts.get("budgets") or ()])
    return told(
        t(
            "🔓 {person} lets {name} go on at {weight} with the error budget of {slos} used up: {reason}.",
            person=telling.by(),
            name=telling.name,
            weight=telling.rollout.confirmed,
            slos=names,
            reason=telling.text("reason"),
        ),
        t("That counts for this stage. A gate needs a new check; rollback triggers stay on."),
    )


# ---- at the gate ----------------------------------------------------------------------------------------------------


def cost_lines(gate: Gate, telling: Telling) -> list[str]:
    """The most that the stage ahead may cost, the dearest first; nothing where no budget is known."""
    check, plan = telling.rollout.check, telling.plan
    ahead = leads_to(gate, plan)
    known = {each.name: each for each in check.slos if each.name in plan.slos} if check is not None else {}
    costs = [(most, name) for name in known if (most := cost(plan, name, ahead.weight, ahead.bake)) is not None]
    lines = []
    for most, name in sorted(costs, reverse=True)[:COSTS]:
        budget = known[name].budget.value
        if budget is None:
            continue
        facts = {
            "weight": ahead.weight,
            "bake": span(ahead.bake),
            "slo": code(name, 60),
            "cost": number(most, "percent"),
            "left": left(budget),
        }
        if most > budget:
            text = t(
                "⚠️ At worst, {bake} at {weight} costs {cost} of the error budget of {slo}; only {left} is left.",
                **facts,
            )
        else:
            text = t("At worst, {bake} at {weight} costs {cost} of the error budget of {slo}; {left} is left.", **facts)
        lines.append(text)
    return lines


def slos_spoken(seen: Sequence[SloSeen]) -> list[str]:
    """For the ear: how many keep their target, and which don't."""
    if not seen:
        return []
    bad = [f"{code(each.name, 60)} {level_words(each.level)}" for each in seen if each.level is not SloLevel.PASS]
    good = len(seen) - len(bad)
    text = t_many(
        len(seen), "{good} of {count} SLO keeps its target", "{good} of {count} SLOs keep their target", good=good
    )
    return [f"{text}: {joined(bad)}." if bad else f"{text}."]
