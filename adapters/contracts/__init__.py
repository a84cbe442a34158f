"""What each port promises, as test suites that anybody can run on an adapter of their own: one for each role of a kind.

Subclass a suite, give it the fixture that it asks for, and pytest does the rest: docs/writing-an-adapter.md. Perch's
own adapters run the same ones. They need `pip install 'perch[contracts]'`; nothing else imports this.
"""

from collections.abc import Mapping

import pytest

_MODULES = (
    "archives",
    "confirm",
    "diagnosis",
    "effects",
    "kill",
    "notifiers",
    "sources",
    "tasks",
    "traffic",
    "worlds",
)
for _module in _MODULES:
    pytest.register_assert_rewrite(f"adapters.contracts.{_module}")

from adapters.contracts.archives import ArchiveContract, ArchiveWorld, a_parcel  # noqa: E402
from adapters.contracts.confirm import ConfirmationContract, ConfirmationWorld  # noqa: E402
from adapters.contracts.diagnosis import DiagnosisContract, DiagnosisWorld  # noqa: E402
from adapters.contracts.effects import EffectContract, EffectWorld, KeyedEffectContract  # noqa: E402
from adapters.contracts.kill import KillContract  # noqa: E402
from adapters.contracts.notifiers import NotifierContract, NotifierWorld, a_notice  # noqa: E402
from adapters.contracts.sources import (  # noqa: E402
    AT_ONCE,
    DEADLINE_S,
    PATIENT_S,
    Bench,
    Breakable,
    SourceContract,
    deadline_for,
    is_missing,
)
from adapters.contracts.tasks import ExerciseContract, ExerciseWorld  # noqa: E402
from adapters.contracts.traffic import TrafficContract  # noqa: E402
from adapters.contracts.wire import Wire  # noqa: E402
from adapters.contracts.worlds import KillWorld, Lack, TrafficWorld, Trouble, lacks  # noqa: E402

SUITES: Mapping[str, type] = {
    "sources": SourceContract,
    "traffic": TrafficContract,
    "kill": KillContract,
    "confirm": ConfirmationContract,
    "diagnosis": DiagnosisContract,
    "effects": EffectContract,
    "archives": ArchiveContract,
    "notifiers": NotifierContract,
    "tasks": ExerciseContract,
}
"""By role, as the entry point groups are called."""

__all__ = [
    "AT_ONCE",
    "DEADLINE_S",
    "PATIENT_S",
    "SUITES",
    "ArchiveContract",
    "ArchiveWorld",
    "Bench",
    "Breakable",
    "ConfirmationContract",
    "ConfirmationWorld",
    "DiagnosisContract",
    "DiagnosisWorld",
    "EffectContract",
    "EffectWorld",
    "ExerciseContract",
    "ExerciseWorld",
    "KeyedEffectContract",
    "KillContract",
    "KillWorld",
    "Lack",
    "NotifierContract",
    "NotifierWorld",
    "SourceContract",
    "TrafficContract",
    "TrafficWorld",
    "Trouble",
    "Wire",
    "a_notice",
    "a_parcel",
    "deadline_for",
    "is_missing",
    "lacks",
]
