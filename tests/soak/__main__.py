"""`make soak`: random faults against real Perch processes for minutes, and every law looked after meanwhile.

Ends with 1 when a law was broken, and says how to live through that episode again.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import mkdtemp

from tests.postgres import Cluster
from tests.process.processes import prepare
from tests.servers import postgres
from tests.soak.episode import Tally, episode

REPLICAS = {"sqlite": 1, "postgresql": 3}


def main() -> int:
    """Read the arguments, soak, tell."""
    given = _arguments()
    stores = ["sqlite", "postgresql"] if given.store == "both" else [given.store]
    print(f"soak: {given.minutes:g} minutes on {' and '.join(stores)}, seed {given.seed}", flush=True)
    prepare()
    tallies: list[Tally] = []
    with ExitStack() as stack:
        for store in stores:
            cluster = Cluster(stack.enter_context(postgres())) if store == "postgresql" else None
            until = time.monotonic() + 60 * given.minutes / len(stores)
            for seed in _seeds(given.seed, given.episode):
                tallies.append(_episode(store, cluster, seed, given.bug))
                if time.monotonic() > until or given.episode is not None:
                    break
    _tell(tallies)
    return 1 if any(tally.wrong for tally in tallies) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--store", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--bug", action="append", default=[], help="plant one of tests/laws/mutants: law_05.NAME")
    parser.add_argument("--episode", type=int, help="live through this one only")
    return parser.parse_args()


def _seeds(seed: int, only: int | None) -> Iterator[int]:
    if only is not None:
        yield only
        return
    dice = random.Random(seed)
    while True:
        yield dice.randrange(10**9)


def _episode(store: str, cluster: Cluster | None, seed: int, bugs: Sequence[str]) -> Tally:
    folder = Path(mkdtemp(prefix=f"perch-soak-{seed}-"))
    address = cluster.migrated() if cluster else ""
    tally = asyncio.run(episode(folder, seed, address, REPLICAS[store], bugs))
    count = f"{tally.faults.total()} faults, {tally.acts.total()} acts, {tally.checks.total()} checks"
    print(f"  {store} {seed}: {count}, {len(tally.wrong)} violations", flush=True)
    if tally.wrong:
        (folder / "journal").write_text("\n".join([*tally.journal, "", *tally.wrong]))
        for each in tally.wrong:
            print(f"    VIOLATION {each}")
        print(f"    again: make soak ARGS='--store {store} --episode {seed}'; what it left: {folder}", flush=True)
    else:
        _remove(folder)
    return tally


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _tell(tallies: Sequence[Tally]) -> None:
    for store in dict.fromkeys(tally.store for tally in tallies):
        of_it = [tally for tally in tallies if tally.store == store]
        print(f"\n{store}: {len(of_it)} episodes")
        for title, counts in (
            ("faults", [tally.faults for tally in of_it]),
            ("people's acts", [tally.acts for tally in of_it]),
            ("checks", [tally.checks for tally in of_it]),
            ("records", [tally.happened for tally in of_it]),
            ("how rollouts ended", [tally.ends for tally in of_it]),
        ):
            total = sum(counts, Counter[str]())
            print(f"  {title}: {total.total()}")
            for name, number in total.most_common():
                print(f"    {number:7}  {name}")
        print(f"  violations: {sum(len(tally.wrong) for tally in of_it)}")


if __name__ == "__main__":
    sys.exit(main())
