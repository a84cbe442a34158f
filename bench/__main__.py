"""`python -m bench`: measure, and print one table. It's a report: the exit code says nothing about the targets."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict

from bench.effort import FULL, QUICK, Effort
from bench.machine import machine
from bench.measures import MEASURES, measured
from bench.rows import Row, table


def main() -> None:
    """Measure what was asked for and print it."""
    asked = _arguments()
    rows = list(_measured(asked.only or MEASURES, QUICK if asked.quick else FULL))
    if asked.json:
        print(json.dumps({"machine": machine(), "rows": [_told(row) for row in rows]}, indent=2))
    else:
        print(f"{machine()}\n\n{table(rows)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench", description="Measure the numbers that docs/numbers.md states.")
    parser.add_argument("--only", action="append", choices=[*MEASURES], help="this one alone; may be said again")
    parser.add_argument("--quick", action="store_true", help="few samples: does everything still work?")
    parser.add_argument("--json", action="store_true", help="the same as JSON")
    return parser.parse_args()


def _measured(names: Iterable[str], effort: Effort) -> Iterator[Row]:
    """Each measure in a process of its own, so that none inherits another's memory; one that breaks is told."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as processes:
        for name in names:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            try:
                yield from processes.submit(measured, name, effort).result()
            except Exception as broken:
                print(f"{name} couldn't be measured: {broken!r}", file=sys.stderr, flush=True)


def _told(row: Row) -> dict[str, object]:
    return {**asdict(row), "times": row.times, "met": row.met}


if __name__ == "__main__":
    main()
