"""What a plan takes from the environment by name."""

import pytest

from bot.domain.kinds import MissingEnvironment, fill_in

ENVIRONMENT = {"URL": "http://prom:9090", "EMPTY": ""}


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ("${URL}/api", "http://prom:9090/api"),
        ("${MISSING:-http://x}", "http://x"),
        ("${MISSING:-}", ""),
        ("${EMPTY}", ""),
        ("{percent} $URL $${", "{percent} $URL $${"),
        ({"a": ["${URL}", 1, None, True]}, {"a": ["http://prom:9090", 1, None, True]}),
        (("${URL}",), ["http://prom:9090"]),
    ],
)
def test_variables_are_filled_in_everywhere_and_nothing_else_is_touched(given: object, filled: object) -> None:
    assert fill_in(given, ENVIRONMENT) == filled


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(MissingEnvironment) as missing:
        fill_in({"deep": ["${PROMETHEUS_URL}"]}, ENVIRONMENT)
    assert missing.value.name == "PROMETHEUS_URL"


def test_what_is_filled_in_is_not_looked_at_again() -> None:
    """A secret that holds a dollar sign stays as it is."""
    assert fill_in("${A}", {"A": "${B}", "B": "no"}) == "${B}"
