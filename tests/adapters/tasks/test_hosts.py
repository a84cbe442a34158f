"""Load goes to listed hosts only, however an address is spelled (O6)."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from adapters.tasks.hosts import permit
from adapters.tasks.load import Load, LoadOptions
from bot.ports import Denied

pytestmark = pytest.mark.anyio
LISTED = ("denis.internal:8080", "relay.example.com", "[::1]:9000", "127.0.0.1:9000")


@pytest.mark.parametrize(
    "url",
    [
        "http://denis.internal:8080/chat",
        "HTTP://DENIS.Internal:8080/chat?x=@evil",
        "http://denis.internal.:8080/",
        "https://relay.example.com",
        "https://relay.example.com:443/a",
        "http://relay.example.com/a#@evil",
        "http://[0:0:0:0:0:0:0:1]:9000/",
        "http://127.0.0.1:9000/",
    ],
)
def test_a_listed_host_is_permitted_in_any_spelling(url: str) -> None:
    permit(url, LISTED)


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/",
        "http://denis.internal/",
        "http://denis.internal:8081/",
        "https://relay.example.com:8443/",
        "http://relay.example.com:443/",
        "http://denis.internal:8080@evil.example/",
        "http://user:pass@denis.internal:8080/",
        "http://evil.example\\@denis.internal:8080/",
        "http://evil.example#@denis.internal:8080/",
        "http://evil.example?@denis.internal:8080/",
        "http://denis.internal.evil.example:8080/",
        "http://xdenis.internal:8080/",
        "http://denis%2einternal:8080/",
        "http://denis.internal :8080/",
        "http://denis.internal:8080\t/",
        "http://2130706433:9000/",
        "http://0x7f.0.0.1:9000/",
        "http://[::ffff:127.0.0.1]:9000/",
        "http://[::1]:9001/",
        "//denis.internal:8080/",
        "ftp://denis.internal:8080/",
        "http:///chat",
        "http://denis.internal:99999/",
        "",
    ],
)
def test_no_trick_leads_elsewhere(url: str) -> None:
    with pytest.raises(PydanticCustomError):
        permit(url, LISTED)


def test_what_is_refused_says_what_to_list() -> None:
    with pytest.raises(PydanticCustomError) as refused:
        permit("https://relay.example.com:8443/x", ())
    assert refused.value.context == {
        "what": "load may not be sent to relay.example.com:8443: the plan doesn't list it",
        "hint": "load_hosts: [relay.example.com:8443]",
        "offset": None,
    }


async def test_an_address_from_the_environment_is_judged_when_it_is_filled_in() -> None:
    """Twice: as an option, and before each burst."""
    said = {"requests": 1, "load_hosts": LISTED}
    open_one = LoadOptions.model_validate({**said, "url": "${CHAT_URL}/chat"})
    with pytest.raises(Denied, match="nothing is sent"):
        Load(open_one, {}).attempt()
    with pytest.raises(Denied, match="nothing is sent"):
        await Load(open_one, {}).rehearse()
    with pytest.raises(ValidationError, match="the plan doesn't list it"):
        LoadOptions.model_validate({**said, "url": "http://evil.example/chat"})
    with pytest.raises(ValidationError, match="the plan doesn't list it"):
        LoadOptions.model_validate({**said, "url": "http://evil.example/${NAME}"})
