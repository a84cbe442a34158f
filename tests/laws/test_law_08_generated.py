"""Law 8 as a property: any secret, sent by any kind of adapter, to a far side that repeats it in any way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.assembly import all_kinds, utc_now
from bot.domain.measurements import NoData
from bot.domain.plan import Plan
from bot.domain.planning.reading import read_plan
from bot.domain.units import Weight
from bot.engine.equipment import Equipment
from bot.ports import OutsideFault, Question
from bot.redaction import REDACTED, RedactedLog, Redactor
from tests.laws.echoing import MOODS, Echo, echoing, leaks
from tests.laws.leaky_story import plan

QUICK = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])

IN_HEADERS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)
"""What may stand in a header: a bearer token."""
ANYTHING = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=8, max_size=40).filter(
    lambda secret: len(secret.strip()) >= 8
)
"""What a basic password may be, and one in an address."""


def _environment(echo: Echo, token: str, password: str, in_address: str) -> dict[str, str]:
    """Names of which none sounds secret: that the plan names them is all that Perch knows."""
    host = echo.url.removeprefix("http://")
    return {
        "PROM_URL": f"http://watcher:{quote(in_address, safe='')}@{host}/prom",
        "PROM_ACCESS": token,
        "PAGE_URL": f"{echo.url}/page",
        "PAGE_USER": "reader",
        "PAGE_WORD": password,
        "PROBE_URL": f"{echo.url}/probe",
        "FLAG_URL": echo.url,
        "FLAG_ACCESS": token,
    }


async def _heard(planned: Plan, environment: Mapping[str, str], redact: Redactor) -> AsyncIterator[str]:
    """All that adapters say: measurements, what was read, targets, faults, and faults as a log has them."""
    equipment = Equipment(all_kinds(), environment, redact)
    gear = equipment.gear(planned)
    now = utc_now()
    try:
        for name, source in gear.sources.items():
            kind = all_kinds().sources[_kind_of(planned, name)]
            assert kind.ask is not None
            question = Question(kind.ask.model_validate(planned.metrics[name].ask))
            for answer in (await source.ask(question, now), await source.history(question, now, now)):
                yield str(answer) if isinstance(answer, NoData) else repr(answer)
        (traffic,), (method,) = gear.traffic, gear.methods
        yield f"{traffic.target} {method.name} {method.act.target}"
        acts: tuple[Callable[[], Awaitable[Any]], ...] = (
            traffic.read,
            traffic.rehearse,
            lambda: traffic.apply(Weight.parse("1%")),
            method.act.former,
            method.act.engage,
            method.act.engaged,
            method.act.rehearse,
            lambda: method.act.restore('{"value": true}'),
        )
        for act in acts:
            try:
                yield repr(await act())
            except OutsideFault as fault:
                yield f"{fault} {fault!r} {fault.args} {_logged(fault, redact)}"
    finally:
        await equipment.aclose()


def _kind_of(planned: Plan, metric: str) -> str:
    source = planned.metrics[metric].source
    return planned.sources[source].kind if isinstance(source, str) else source.kind


def _logged(fault: BaseException, redact: Redactor) -> str:
    """The fault with its whole traceback, causes included, as a handler writes it."""
    info = (type(fault), fault, fault.__traceback__)
    record = logging.LogRecord("perch", logging.ERROR, __file__, 1, "it failed: %s", (fault,), info)
    assert RedactedLog(redact).filter(record)
    return logging.Formatter().format(record)


async def _all_said(mood: str, token: str, password: str, in_address: str) -> str:
    async with echoing() as echo:
        echo.mood = mood
        echo.secrets = {"token": token, "password": password, "in the address": in_address}
        planned = read_plan(plan("web"), "production", all_kinds())
        environment = _environment(echo, token, password, in_address)
        return "\n".join([said async for said in _heard(planned, environment, Redactor())])


@QUICK
@given(mood=st.sampled_from(sorted(MOODS)), token=IN_HEADERS, password=ANYTHING, in_address=ANYTHING)
def test_no_adapter_says_a_secret_again(mood: str, token: str, password: str, in_address: str) -> None:
    """Law 8, M12, T8: values that no pattern knows, from variables whose names tell nothing."""
    said = asyncio.run(_all_said(mood, token, password, in_address))
    secrets = {"token": token, "password": password.strip(), "in the address": in_address.strip()}
    words = said.replace(REDACTED, "")
    assert leaks(words, {name: secret for name, secret in secrets.items() if secret not in SAID_ANYWAY}) == []


SAID_ANYWAY = REDACTED
"""A secret that is itself a piece of this word would be found in it."""
