"""Where papers go: does each destination answer, and does the mail server take us? Nothing is changed there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from bot.assembly import all_kinds, keep_of, mailer_of, utc_now
from bot.domain.plan import Plan
from bot.domain.plan_checks.notify import mailed_to
from bot.domain.secret_names import PERCHS_OWN
from bot.engine.equipment import Equipment
from bot.engine.rehearsal import CALL_S
from bot.ports import OutsideFault
from bot.ports.archives import Archive, Mailer
from bot.redaction import Redactor, secrets_in
from bot.settings import BadSetting, Settings
from commands.terminal.doctor.findings import Finding, bad, ok


async def destinations(
    settings: Settings, plans: Sequence[Plan], environment: Mapping[str, str]
) -> AsyncIterator[Finding]:
    """One line for each destination that a plan or PERCH_KEEP names, and one for mail."""
    kinds, redact = all_kinds(), Redactor(secrets_in(environment))
    try:
        keep = keep_of(settings, kinds)
    except BadSetting as wrong:
        yield bad("papers", str(wrong))
        keep = ()
    for_plans = {name: value for name, value in environment.items() if name not in PERCHS_OWN}
    equipment = Equipment(kinds, for_plans, redact, keep=keep)
    try:
        places = {place.target: place for plan in plans for place in map(equipment.archive, equipment.kept_at(plan))}
        for place in (places | {each.target: each for each in map(equipment.archive, keep)}).values():
            yield await _tried(f"papers to {place.target}", place)
    finally:
        await equipment.aclose()
    async for finding in _mail(settings, plans, redact):
        yield finding


async def _mail(settings: Settings, plans: Sequence[Plan], redact: Redactor) -> AsyncIterator[Finding]:
    told = list(dict.fromkeys(address for plan in plans for address in mailed_to(plan)))
    mailer = mailer_of(settings, utc_now, redact)
    if mailer is not None:
        yield await _tried(mailer.target, mailer)
    elif told:
        shown = ", ".join(told[:5])
        yield bad("mail", f"plans tell {shown}, and no mail server is set; set PERCH_SMTP_URL where Perch runs")


async def _tried(what: str, place: Archive | Mailer) -> Finding:
    """A destination that doesn't answer stops no rollout: what is for it waits."""
    waits = "what is for it waits in Perch's database"
    try:
        async with asyncio.timeout(CALL_S):
            return ok(what, await place.rehearse())
    except TimeoutError:
        return bad(what, f"no answer in {CALL_S:g} s; {waits}. Mend it, then: perch doctor")
    except OutsideFault as fault:
        return bad(what, f"{str(fault).removeprefix(f'{place.target}: ')}; {waits}. Mend it, then: perch doctor")
