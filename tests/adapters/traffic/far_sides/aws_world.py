"""The `aws_alb` kinds and moto's load balancers, behind a gateway that can lose, cut or make up what is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, fromstring

import botocore.auth  # noqa: F401  (loaded by the adapter's first call, which a test's deadline mustn't pay for)
import httpx
from aiohttp import web

from adapters.contracts import Lack, Trouble
from adapters.traffic import KILL, TRAFFIC
from tests.adapters.traffic.far_sides.worlds import Opening, World, closed, patience
from tests.far_side import serving

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = {"LB_KEY": "AKIAIOSFODNN7EXAMPLE", "LB_SECRET": SECRET}
NAMED = {"access_key_env": "LB_KEY", "secret_key_env": "LB_SECRET"}
REGION = "eu-west-1"
MOTO = httpx.Client(timeout=30, verify=False, limits=httpx.Limits(max_keepalive_connections=0))
"""Kept, for each client costs what a hundred calls do. It speaks to loopback without TLS."""
NAMES = count(1)
PORTS = count(1000)


def told(server: str, action: str, service: str = "elasticloadbalancing", **parameters: str) -> Element:
    """Ask moto itself, which takes any signature."""
    signed = f"AWS4-HMAC-SHA256 Credential=x/20260302/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=x"
    version = "2016-11-15" if service == "ec2" else "2015-12-01"
    data = {"Action": action, "Version": version, **parameters}
    answer = MOTO.post(server, data=data, headers={"Authorization": signed}).raise_for_status()
    return fromstring(answer.text)


def texts(page: Element, name: str) -> list[str]:
    """The texts of all elements of that name."""
    return [each.text or "" for each in page.iter() if each.tag.rpartition("}")[2] == name]


def forward(groups: Mapping[str, int], sticky_s: int = 0, at: str = "Actions.member.1") -> dict[str, str]:
    """A forward action as parameters."""
    config = f"{at}.ForwardConfig"
    sent = {f"{at}.Type": "forward"}
    for number, (arn, weight) in enumerate(groups.items(), start=1):
        sent[f"{config}.TargetGroups.member.{number}.TargetGroupArn"] = arn
        sent[f"{config}.TargetGroups.member.{number}.Weight"] = str(weight)
    sticky = f"{config}.TargetGroupStickinessConfig"
    sent[f"{sticky}.Enabled"] = "true" if sticky_s else "false"
    return {**sent, **({f"{sticky}.DurationSeconds": str(sticky_s)} if sticky_s else {})}


@cache
def network(server: str) -> tuple[str, str]:
    """A VPC, and a load balancer in it."""
    subnets = texts(told(server, "DescribeSubnets", "ec2"), "subnetId")
    vpc = texts(told(server, "DescribeVpcs", "ec2"), "vpcId")[0]
    placed = {f"Subnets.member.{number}": subnet for number, subnet in enumerate(subnets[:2], start=1)}
    return vpc, texts(told(server, "CreateLoadBalancer", Name="denis", **placed), "LoadBalancerArn")[0]


@dataclass(frozen=True)
class Balancer:
    """One listener of its own with one rule; both forward to a canary and a stable group."""

    server: str
    listener: str
    rule: str
    canary: str
    stable: str

    @classmethod
    def new(cls, server: str) -> Balancer:
        vpc, balancer = network(server)
        number = next(NAMES)
        canary, stable = (group(server, f"{name}-{number}", vpc) for name in ("canary", "stable"))
        action = forward({canary: 50, stable: 50}, 60, "DefaultActions.member.1")
        made = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": str(next(PORTS))}
        listener = texts(told(server, "CreateListener", **made, **action), "ListenerArn")[0]
        where = {"Conditions.member.1.Field": "path-pattern", "Conditions.member.1.Values.member.1": "/*"}
        action = forward({canary: 0, stable: 100})
        rule = told(server, "CreateRule", ListenerArn=listener, Priority="5", **where, **action)
        return cls(server, listener, texts(rule, "RuleArn")[0], canary, stable)

    def reset(self) -> None:
        """As it was made."""
        self.set_rule({self.canary: 0, self.stable: 100})
        action = forward({self.canary: 50, self.stable: 50}, 60, "DefaultActions.member.1")
        told(self.server, "ModifyListener", ListenerArn=self.listener, **action)

    def actions(self) -> Element:
        """The rule as it stands."""
        return told(self.server, "DescribeRules", **{"RuleArns.member.1": self.rule})

    def defaults(self) -> Element:
        return told(self.server, "DescribeListeners", **{"ListenerArns.member.1": self.listener})

    def set_rule(self, groups: Mapping[str, int], sticky_s: int = 0) -> None:
        told(self.server, "ModifyRule", RuleArn=self.rule, **forward(groups, sticky_s))

    def options(self, endpoint: str, **more: Any) -> dict[str, Any]:
        canary, stable = (arn.split("/")[1] for arn in (self.canary, self.stable))
        return {"canary": canary, "stable": stable, "endpoint": endpoint, **NAMED, **more}


def group(server: str, name: str, vpc: str) -> str:
    made = told(server, "CreateTargetGroup", Name=name, Protocol="HTTP", Port="80", VpcId=vpc)
    return texts(made, "TargetGroupArn")[0]


def setting(page: Element) -> str:
    """`CANARY STABLE SECONDS` of stickiness."""
    canary, stable = texts(page, "Weight")
    sticky = texts(page, "DurationSeconds") if texts(page, "Enabled") == ["true"] else ["0"]
    return f"{canary} {stable} {sticky[0]}"


def error(status: int, code: str, message: str = "no") -> web.Response:
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    return web.Response(status=status, text=body, content_type="text/xml")


shared = cache(Balancer.new)
"""One for all worlds, which is much cheaper than one for each."""


class Gateway:
    """What stands before moto. It lets through one request after the other, as they came."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.trouble: Trouble | None = None
        self.asked, self.over = asyncio.Event(), asyncio.Event()
        self._turn = asyncio.Lock()
        self._client = httpx.AsyncClient(timeout=30, verify=False)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        action = parse_qs(body.decode())["Action"][0]
        self.asked.set()
        match self.trouble:
            case Trouble.HANG:
                await self.over.wait()
            case Trouble.FAIL:
                return error(503, "ServiceUnavailable")
            case Trouble.DENY:
                return error(403, "SignatureDoesNotMatch", f"with {SECRET} it would be another")
            case Trouble.GARBAGE:
                return web.Response(text="<html>Welcome<br></html>", content_type="text/html")
            case Trouble.LIE if action.startswith("Modify"):
                page = f"<{action}Response><{action}Result/></{action}Response>"
                return web.Response(text=page, content_type="text/xml")
        async with self._turn:
            headers = {name: request.headers[name] for name in ("Authorization", "Content-Type", "X-Amz-Date")}
            answer = await self._client.post(self._server, content=body, headers=headers)
        if self.trouble is Trouble.HALF and action.startswith("Modify") and request.transport is not None:
            request.transport.abort()
        return web.Response(status=answer.status_code, body=answer.content, content_type="text/xml")

    async def aclose(self) -> None:
        self.over.set()
        await self._client.aclose()


class AwsWorld:
    """The share stands in a rule; the switch is a listener's default action, whose clients are sticky."""

    def __init__(self, balancer: Balancer, gateway: Gateway, endpoint: str) -> None:
        self.balancer, self.gateway, self._endpoint = balancer, gateway, endpoint
        self._build(None)
        self.on: str | None = "50 50 60"
        self.lacks = frozenset({Lack.ABSENT, Lack.EVERY_WEIGHT})
        self.troubles = frozenset(Trouble) - {Trouble.LATE}
        self.secrets = frozenset({SECRET})

    def _build(self, trouble: Trouble | None) -> None:
        options = self.balancer.options(self._endpoint, timeout=patience(trouble))
        traffic, kill = TRAFFIC["aws_alb"], KILL["aws_alb"]
        self.traffic = traffic.build(traffic.options(**options, rule=self.balancer.rule), KEYS)
        self.kill = kill.build(kill.options(**options, listener=self.balancer.listener), KEYS)

    async def split(self) -> str | None:
        canary, stable, _ = map(int, setting(self.balancer.actions()).split())
        return f"{round(100 * canary / (canary + stable), 2):g}"

    async def set_split(self, text: str | None) -> None:
        """moto takes weights above 999."""
        canary = int(float(text or 0))
        weights = (canary, 100 - canary) if canary <= 100 else (1010, 0)
        self.balancer.set_rule(dict(zip((self.balancer.canary, self.balancer.stable), weights, strict=True)))

    async def switch(self) -> str | None:
        return setting(self.balancer.defaults())

    async def set_switch(self, text: str | None) -> None:
        raise NotImplementedError("something always stands there")

    async def get_into(self, trouble: Trouble | None) -> None:
        self.gateway.trouble = trouble
        self.gateway.asked.clear()
        await closed(self)
        self._build(trouble)

    async def reached(self) -> None:
        await self.gateway.asked.wait()


def aws_world(server: str) -> Opening:
    @asynccontextmanager
    async def opened(tmp_path: Path) -> AsyncIterator[World]:
        gateway = Gateway(server)
        async with serving(gateway.answer) as endpoint:
            balancer = shared(server)
            balancer.reset()
            world = AwsWorld(balancer, gateway, endpoint)
            yield world
            await closed(world)
            await gateway.aclose()

    return opened
