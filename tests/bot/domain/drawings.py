"""The drawings of docs/states.md, made from the tables that the code runs on. Run this file to write them anew."""

from __future__ import annotations

from pathlib import Path

from bot.domain.decisions import MATRIX, Do, Plans, Position
from bot.domain.machine import ENDS, MOVES, State
from bot.domain.rollout import Verdict

PAGE = Path(__file__).parents[3] / "docs" / "states.md"
CELLS: dict[Do | Plans, str] = {
    Plans.ON_FAIL: "the stage's `on_fail`",
    Plans.ON_BREACH: "the stage's `on_breach`",
    Plans.NO_DATA: "wait; past its limit, `no_data.then`",
    Do.PROMOTE: "**promote** once approved",
    Do.OPEN_GATE: "open the gate",
    Do.CLOSE_GATE: "close the gate, bake kept",
}


def picture() -> str:
    """The state machine as a mermaid diagram: one arrow per pair of states, with all events that lead there."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, event), to in MOVES.items():
        arrows.setdefault((state, to), []).append(event.value)
    lines = [f"    {state.value} --> {to.value}: {', '.join(events)}" for (state, to), events in arrows.items()]
    ends = [f"    {state.value} --> [*]" for state in State if state in ENDS]
    return "\n".join(
        ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.PREFLIGHT.value}: start", *lines, *ends, "```"]
    )


def matrix() -> str:
    """The decision matrix as a table: a row for each position, a column for each verdict."""
    head = "| where we are | " + " | ".join(verdict.value for verdict in reversed(Verdict)) + " |"
    rows = [
        f"| {position.value} | " + " | ".join(_cell(MATRIX[position, verdict]) for verdict in reversed(Verdict)) + " |"
        for position in Position
    ]
    return "\n".join([head, "| --- " * (len(Verdict) + 1) + "|", *rows])


def _cell(cell: Do | Plans) -> str:
    return CELLS.get(cell, cell.value)


def drawn(page: str) -> str:
    """The page with both drawings as the tables have them now."""
    return _between(_between(page, "states", picture()), "matrix", matrix())


def _between(page: str, name: str, drawing: str) -> str:
    begin, end = f"<!-- {name}: drawn from the code -->", f"<!-- end of {name} -->"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{drawing}\n{end}{after}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
