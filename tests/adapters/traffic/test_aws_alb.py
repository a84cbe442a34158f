"""Kind `aws_alb` (T6) beyond the contract: what goes back as it was, sticky clients, refusals, and who we are."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web
from pydantic import ValidationError

from adapters.traffic import KILL, TRAFFIC
from bot.domain.kinds import MissingEnvironment
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, KillMethod, Nonsense, OutOfReach, Traffic
from tests.adapters.traffic.far_sides.aws_world import KEYS, NAMED, Balancer, error, forward, setting, texts, told
from tests.far_side import Handler, serving

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
RULE = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/denis/50dc/f9fa/9683"
GROUPS = {name: f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/{name}/1" for name in "abc"}


BUILT: list[Traffic | KillMethod] = []


@asynccontextmanager
async def api(answer: Handler) -> AsyncIterator[str]:
    """Lets go of what was built to talk to it."""
    async with serving(answer) as endpoint:
        try:
            yield endpoint
        finally:
            while BUILT:
                await BUILT.pop().aclose()


def traffic(endpoint: str, **more: Any) -> Traffic:
    kind = TRAFFIC["aws_alb"]
    options = {"rule": RULE, "canary": "a", "stable": "b", "endpoint": endpoint, "timeout": "5s", **NAMED, **more}
    built = kind.build(kind.options(**{name: each for name, each in options.items() if each is not None}), KEYS)
    BUILT.append(built)
    return built


def kill(endpoint: str, **more: Any) -> KillMethod:
    kind = KILL["aws_alb"]
    built = kind.build(kind.options(rule=RULE, canary="a", stable="b", endpoint=endpoint, **NAMED, **more), KEYS)
    BUILT.append(built)
    return built


def rule(actions: str, default: str = "false") -> str:
    return (
        f"<DescribeRulesResponse><DescribeRulesResult><Rules><member><RuleArn>{RULE}</RuleArn><Actions>{actions}"
        f"</Actions><IsDefault>{default}</IsDefault></member></Rules></DescribeRulesResult></DescribeRulesResponse>"
    )


def to(weights: str = "a=10,b=90", sticky: str = "<Enabled>false</Enabled>") -> str:
    """A forward action as AWS tells it."""
    pairs = [pair.split("=") for pair in weights.split(",")]
    members = "".join(
        f"<member><TargetGroupArn>{GROUPS[name]}</TargetGroupArn><Weight>{weight}</Weight></member>"
        for name, weight in pairs
    )
    return (
        f"<member><Type>forward</Type><Order>2</Order><ForwardConfig><TargetGroups>{members}</TargetGroups>"
        f"<TargetGroupStickinessConfig>{sticky}</TargetGroupStickinessConfig></ForwardConfig></member>"
    )


Orders = list[dict[str, str]]


@asynccontextmanager
async def aws(
    page: str, refuses: Callable[[dict[str, str]], bool] = lambda _: False
) -> AsyncIterator[tuple[str, Orders]]:
    """An API that tells this page, and notes what it's ordered to do."""
    orders: Orders = []

    async def answer(request: web.BaseRequest) -> web.Response:
        sent = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        if sent["Action"].startswith("Describe"):
            return web.Response(text=page, content_type="text/xml")
        orders.append(sent)
        if refuses(sent):
            return error(400, "InvalidConfigurationRequest", "You must enable group stickiness")
        return web.Response(text="<ModifyRuleResponse><ModifyRuleResult/></ModifyRuleResponse>")

    async with api(answer) as endpoint:
        yield endpoint, orders


# What goes back


async def test_all_that_is_not_perchs_goes_back_as_it_was(moto_server: str) -> None:
    """A sign-in before the forward action, its order and its parameters: AWS takes all actions or none."""
    balancer = Balancer.new(moto_server)
    oidc = "Actions.member.1.AuthenticateOidcConfig"
    names = ("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint", "ClientId", "ClientSecret")
    sign_in = {"Actions.member.1.Type": "authenticate-oidc", "Actions.member.1.Order": "1"}
    sign_in |= {f"{oidc}.{name}": f"https://{name}.example/ä?b=c&d" for name in names}
    extra = {f"{oidc}.AuthenticationRequestExtraParams.entry.1.key": "prompt"}
    extra |= {f"{oidc}.AuthenticationRequestExtraParams.entry.1.value": "login"}
    groups = forward({balancer.canary: 0, balancer.stable: 100}, 60, "Actions.member.2")
    told(
        moto_server,
        "ModifyRule",
        RuleArn=balancer.rule,
        **sign_in,
        **extra,
        **groups,
        **{"Actions.member.2.Order": "2"},
    )
    before = balancer.actions()
    made = TRAFFIC["aws_alb"]
    alb = made.build(made.options(**balancer.options(moto_server), rule=balancer.rule), KEYS)
    await alb.apply(Weight(12.5))
    await alb.aclose()
    after = balancer.actions()
    assert setting(after) == "12 84 60"
    kept = [name for name in ("Type", "Order", "TargetGroupArn", "key", "value", *names) if name != "Weight"]
    assert {name: texts(after, name) for name in kept} == {name: texts(before, name) for name in kept}
    assert len(texts(after, "value")) == 1


async def test_a_secret_that_aws_does_not_tell_is_told_to_stay() -> None:
    """Law 8, and AWS's own rule: without it the sign-in would be refused, or lose its secret."""
    oidc = "<Type>authenticate-oidc</Type><AuthenticateOidcConfig><ClientId>x</ClientId></AuthenticateOidcConfig>"
    async with aws(rule(f"<member>{oidc}</member>{to()}")) as (endpoint, orders):
        await traffic(endpoint).apply(Weight(1))
    [order] = orders
    assert order["Actions.member.1.AuthenticateOidcConfig.UseExistingClientSecret"] == "true"
    assert order["Actions.member.1.AuthenticateOidcConfig.ClientId"] == "x"
    weights = {name: value for name, value in order.items() if name.endswith("Weight")}
    assert list(weights.values()) == ["1", "99"]


# Weights


@pytest.mark.parametrize(
    ("percent", "pair"), [(0, "0 100"), (0.1, "1 999"), (1, "1 99"), (12.5, "12 84"), (100, "100 0")]
)
async def test_a_share_is_two_whole_numbers_below_a_thousand(percent: float, pair: str) -> None:
    async with aws(rule(to())) as (endpoint, orders):
        await traffic(endpoint).apply(Weight(percent))
    assert " ".join(value for name, value in orders[0].items() if name.endswith("Weight")) == pair


async def test_a_share_that_they_cannot_give_is_refused_with_the_nearest() -> None:
    async with aws(rule(to())) as (endpoint, orders):
        with pytest.raises(Denied, match=r"nearest is 50% "):
            await traffic(endpoint).apply(Weight(49.99))
    assert orders == []


@pytest.mark.parametrize("weight", ["1000", "-1", "1.5", "many", ""])
async def test_a_weight_that_aws_would_not_have_is_nonsense(weight: str) -> None:
    """moto keeps any."""
    async with aws(rule(to(f"a={weight},b=1"))) as (endpoint, _):
        with pytest.raises(Nonsense, match="is not a weight from 0 to 999"):
            await traffic(endpoint).read()


@pytest.mark.parametrize(
    ("page", "fault", "words"),
    [
        (rule(to("a=1,b=9,c=1")), Denied, "forwards to c too.*take that group out"),
        (rule(to("b=100")), Denied, "doesn't forward to both a and b; give its forward action both"),
        (rule("<member><Type>redirect</Type></member>"), Denied, "doesn't forward to both"),
        (rule(to(), default="true"), Denied, "only `listener:` can change"),
        (rule(to("a=0,b=0")), Nonsense, "everybody is answered 503"),
        (rule(to()).replace(RULE, RULE + "x"), Nonsense, "other than the rule asked for"),
        ("<DescribeRulesResponse/>", Nonsense, "other than what DescribeRules answers"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", Nonsense, "isn't its XML"),
        ("not XML", Nonsense, "isn't its XML"),
    ],
)
async def test_what_is_no_split_of_two_is_told_and_left_alone(page: str, fault: type[Exception], words: str) -> None:
    async with aws(page) as (endpoint, orders):
        for call in (traffic(endpoint).read(), traffic(endpoint).rehearse()):
            with pytest.raises(fault, match=words):
                await call
        assert orders == []


# Sticky clients

STICKY = "<Enabled>true</Enabled><DurationSeconds>3600</DurationSeconds>"


def stickiness(order: dict[str, str]) -> dict[str, str]:
    return {name.rpartition(".")[2]: value for name, value in order.items() if "StickinessConfig" in name}


async def test_clients_that_keep_to_a_group_are_said_before_anything_moves() -> None:
    """X5: at weight 0 they would stay with the canary."""
    async with aws(rule(to(sticky=STICKY))) as (endpoint, _):
        with pytest.raises(Denied, match="write `stickiness: 3600s`"):
            await traffic(endpoint).rehearse()
        assert "3600 s" in (await traffic(endpoint).read()).shown


async def test_going_to_zero_lets_go_of_sticky_clients_and_going_up_binds_them_again() -> None:
    async with aws(rule(to(sticky=STICKY))) as (endpoint, orders):
        await traffic(endpoint).apply(ZERO)
        await kill(endpoint).engage()
        await traffic(endpoint, stickiness="1h").apply(Weight(5))
        await traffic(endpoint).apply(Weight(5))
    assert [stickiness(order)["Enabled"] for order in orders] == ["false", "false", "true", "true"]
    assert [stickiness(order)["DurationSeconds"] for order in orders[2:]] == ["3600", "3600"]
    async with aws(rule(to("a=0,b=1"))) as (endpoint, orders):
        await traffic(endpoint, stickiness="1h").apply(Weight(5))
        assert stickiness(orders[0]) == {"Enabled": "true", "DurationSeconds": "3600"}
        assert await kill(endpoint).engaged()
    async with aws(rule(to("a=0,b=1", STICKY))) as (endpoint, _):
        assert not await kill(endpoint).engaged()


async def test_where_aws_keeps_clients_sticky_the_weight_goes_down_and_it_is_told() -> None:
    """Law 2: what of a way down can be had is had."""
    page = rule(to(sticky=STICKY))
    for killed in (False, True):
        async with aws(page, refuses=lambda order: stickiness(order)["Enabled"] == "false") as (endpoint, orders):
            with pytest.raises(Denied, match="InvalidConfigurationRequest"):
                await (kill(endpoint).engage() if killed else traffic(endpoint).apply(ZERO))
        assert next(value for name, value in orders[-1].items() if name.endswith("Weight")) == "0"
        assert stickiness(orders[-1])["Enabled"] == "true"


async def test_sticky_targets_are_said_before_anything_moves(moto_server: str) -> None:
    balancer = Balancer.new(moto_server)
    made = TRAFFIC["aws_alb"]
    alb = made.build(made.options(**balancer.options(moto_server), rule=balancer.rule), KEYS)
    assert "setting isn't tried" in await alb.rehearse()
    attribute = {"Attributes.member.1.Key": "stickiness.enabled", "Attributes.member.1.Value": "true"}
    told(moto_server, "ModifyTargetGroupAttributes", TargetGroupArn=balancer.stable, **attribute)
    with pytest.raises(Denied, match=r"stable-\d+ is sticky itself"):
        await alb.rehearse()
    await alb.aclose()


# Refusals


@pytest.mark.parametrize(
    ("status", "code", "fault", "words"),
    [
        (400, "Throttling", OutOfReach, "asked too much"),
        (503, "SlowDown", OutOfReach, "asked too much"),
        (429, "", OutOfReach, "asked too much"),
        (500, "InternalFailure", OutOfReach, "500 InternalFailure"),
        (
            403,
            "AccessDenied",
            Denied,
            r"doesn't allow elasticloadbalancing:DescribeRules .* deploy/aws-alb-policy.json",
        ),
        (403, "ExpiredToken", Denied, "doesn't know us"),
        (400, "RuleNotFound", Denied, "no such thing"),
        (400, "ValidationError", Denied, "refuses DescribeRules"),
        (302, "", Denied, "a redirect"),
    ],
)
async def test_what_aws_calls_it_decides_whether_it_is_tried_again(
    status: int, code: str, fault: type[Exception], words: str
) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        return error(status, code, f"{KEYS['LB_SECRET']} won't do")

    async with api(answer) as endpoint:
        with pytest.raises(fault, match=words) as raised:
            await traffic(endpoint).read()
    assert KEYS["LB_SECRET"] not in str(raised.value)
    assert str(raised.value).isprintable()


# Who we are


async def test_the_usual_variables_are_taken_where_the_plan_names_none(caplog: pytest.LogCaptureFixture) -> None:
    """Law 8: whatever the log's level, nothing of them is in it."""
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        seen.append(request.headers["Authorization"])
        return web.Response(text=rule(to()), content_type="text/xml")

    kind = TRAFFIC["aws_alb"]
    async with api(answer) as endpoint:
        options = kind.options(rule=RULE, canary="a", stable="b", endpoint=endpoint)
        usual = {"AWS_ACCESS_KEY_ID": "AKIAUSUAL", "AWS_SECRET_ACCESS_KEY": "s3cr3t", "AWS_SESSION_TOKEN": "t0ken"}
        BUILT.append(alb := kind.build(options, usual))
        assert (await alb.read()).weight == Weight(10)
        await traffic(endpoint).read()
    assert [header.split("Credential=")[1].split("/")[0] for header in seen] == ["AKIAUSUAL", KEYS["LB_KEY"]]
    assert "/eu-west-1/elasticloadbalancing/aws4_request" in seen[0]
    assert not [secret for secret in ("s3cr3t", "t0ken", KEYS["LB_SECRET"]) if secret in caplog.text]


async def test_a_profile_is_read_and_a_program_in_it_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 8: such a program would see all of Perch's secrets."""
    ran, shared = tmp_path / "ran", tmp_path / "credentials"
    shared.write_text("[denis]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n")
    (tmp_path / "config").write_text(f"[profile programmed]\ncredential_process = /usr/bin/touch {ran}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    unnamed = {"access_key_env": None, "secret_key_env": None}
    async with aws(rule(to())) as (endpoint, _):
        assert (await traffic(endpoint, profile="denis", **unnamed).read()).weight == Weight(10)
        for without in ("programmed", "nobody"):
            with pytest.raises(Denied, match="no credentials were found"):
                await traffic(endpoint, profile=without, **unnamed).read()
    assert not ran.exists()


def test_a_variable_that_is_named_must_be_set() -> None:
    kind = TRAFFIC["aws_alb"]
    with pytest.raises(MissingEnvironment, match="LB_KEY"):
        kind.build(kind.options(rule=RULE, canary="a", stable="b", **NAMED), {})


async def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    with pytest.raises(Denied, match=r"pip install 'perch\[aws\]'"):
        await traffic("http://127.0.0.1:9").read()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rule": None}, "name one of rule and listener"),
        ({"listener": RULE.replace("listener-rule", "listener")}, "name one of rule and listener"),
        ({"canary": "b"}, "the same target group"),
        ({"stickiness": "8d"}, "1 second to 7 days"),
        ({"secret_key_env": None}, "go together"),
        ({"profile": "denis"}, "either a profile or access_key_env"),
        ({"session_env": "X", "access_key_env": None, "secret_key_env": None}, "session_env needs"),
        ({"rule": "denis"}, "no ARN of an Application Load Balancer's listener-rule"),
        ({"rule": RULE.replace("/app/", "/net/")}, "no ARN of an Application"),
        ({"canary": "a b"}, "that is no target group"),
        ({"endpoint": "https://a:b@c"}, "no user or password"),
    ],
)
def test_a_mistake_in_the_options_comes_with_a_hint(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        traffic(**{"endpoint": "http://127.0.0.1:9", **wrong})


def test_the_policy_that_ships_allows_what_is_called_and_no_more() -> None:
    statements = json.loads((ROOT / "deploy" / "aws-alb-policy.json").read_text())["Statement"]
    allowed = {name for each in statements for name in _listed(each["Action"])}
    described = {"DescribeRules", "DescribeListeners", "DescribeTargetGroupAttributes"}
    assert allowed == {f"elasticloadbalancing:{name}" for name in {*described, "ModifyRule", "ModifyListener"}}
    assert [each["Resource"] for each in statements if "*" in each["Resource"]] == ["*"]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
