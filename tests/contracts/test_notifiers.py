"""What `bot.ports.Notifier` promises, for every kind against its far side over a real socket (O4)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.contracts import NotifierContract
from adapters.contracts.notifiers import AGAIN, OPENS, fault
from adapters.contracts.worlds import assert_safe
from adapters.notifiers import KINDS
from tests.adapters.notifiers.far_sides import MADE, FarSide, Wrong


@pytest.fixture(params=MADE)
async def there(request: pytest.FixtureRequest) -> AsyncIterator[FarSide]:
    async with MADE[request.param]().open() as made:
        yield made


def test_every_kind_is_under_contract() -> None:
    assert set(KINDS) == set(MADE)


class TestNotifiers(NotifierContract):
    """Every kind."""

    async def test_a_far_side_that_has_too_much_to_do_is_told_again(self, there: FarSide) -> None:
        there.web.wrong = Wrong.BUSY
        raised = await fault(there)
        assert isinstance(raised, AGAIN)
        assert_safe(raised, there)
        there.web.wrong = None
        await there.notifier().tell(OPENS)
        assert dict(there.heard()) == {"rolling_back": 1}

    async def test_a_far_side_that_is_gone_may_come_back(self, there: FarSide) -> None:
        url, there.web.url = there.web.url, "http://127.0.0.1:9"
        raised = await fault(there)
        assert isinstance(raised, AGAIN)
        assert_safe(raised, there)
        there.web.url = url
        await there.notifier().tell(OPENS)
        assert dict(there.heard()) == {"rolling_back": 1}
