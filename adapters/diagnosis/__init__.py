"""What Perch looks at when a metric goes bad, besides its sources: the kinds that a runbook's `diagnose` may name."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.diagnosis.command import CommandDiagnosis, CommandDiagnosisOptions
from bot.domain.kinds import Kind
from bot.ports import Diagnosis

KINDS: Mapping[str, Kind[Diagnosis]] = {"command": Kind(CommandDiagnosisOptions, CommandDiagnosis)}
