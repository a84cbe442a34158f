"""Charts in a child process (S5): a picture, or a fault in time; never a hang, never a secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.charts.child import PNG, ChartsByChild
from bot.ports import Chart, Level, Mark, OutOfReach, Panel
from bot.redaction import Redactor

pytestmark = pytest.mark.anyio

LEVELS = (Level(Mark.LIMIT, 2.0, "limit < 2%"), Level(Mark.BASELINE, 1.0, "baseline 1%"))
PANEL = Panel("error_rate $x$", "%", (0.0, 1.0, 2.0, 3.0), (0.5, None, 1.5, 1e300), LEVELS)
CHART = Chart("materializers at 10%", "min since the start", (PANEL,), ((0.0, "1%"), (2.0, "10%")))


async def test_a_chart_becomes_a_picture_on_paper_of_its_own() -> None:
    """Opaque, so that it reads on light and on dark backgrounds alike."""
    png = await ChartsByChild(Redactor()).draw(CHART)
    assert png.startswith(PNG)
    assert b"tRNS" not in png
    assert int.from_bytes(png[16:20], "big") == 960


async def test_four_metrics_make_a_wide_picture() -> None:
    """Slack shrinks what is tall until nobody can read it."""
    png = await ChartsByChild(Redactor()).draw(Chart(CHART.title, CHART.time, (PANEL,) * 4, CHART.changes))
    assert [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)] == [960, 540]


@pytest.mark.parametrize(
    "program",
    ["import time; time.sleep(60)", "raise SystemExit(1)", "print('no picture')"],
    ids=["hang", "crash", "junk"],
)
async def test_a_child_that_fails_is_a_fault_in_time(tmp_path: Path, program: str) -> None:
    (tmp_path / "drawing.py").write_text(program)
    with pytest.raises(OutOfReach, match="picture"):
        await ChartsByChild(Redactor(), tmp_path / "drawing.py", within_s=0.5).draw(CHART)


async def test_the_child_learns_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 8: neither by its environment nor by what it is told to write."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-correct-horse")
    heard = tmp_path / "heard"
    program = tmp_path / "drawing.py"
    program.write_text(f"import os, sys; open({str(heard)!r}, 'w').write(sys.stdin.read() + str(dict(os.environ)))")
    chart = Chart("at xoxb-correct-horse", "min", (PANEL,))
    with pytest.raises(OutOfReach):
        await ChartsByChild(Redactor(["xoxb-correct-horse"]), program).draw(chart)
    assert "error_rate" in heard.read_text()
    assert "xoxb-correct-horse" not in heard.read_text()
    assert os.environ["SLACK_BOT_TOKEN"] == "xoxb-correct-horse"
