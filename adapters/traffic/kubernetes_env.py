"""Kind `kubernetes_env` (T1): a weight, or a switch, in an environment variable of a Deployment's container.

A changed variable makes new pods, so a weight is in force when the roll-out is done. Until then pods of both templates
serve, and what is read is the highest weight that any of them may still have: nothing counts as down too early. A
raise waits for its roll-out, and isn't done before; a lowering is under way as soon as the API server has taken it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal

from lightkube.models.core_v1 import Container, PodTemplateSpec
from lightkube.resources.apps_v1 import Deployment
from pydantic import AfterValidator, model_validator

from adapters import placeholders
from adapters.kubernetes.cluster import Cluster
from adapters.kubernetes.deployments import Deployed, progress, settled, template_of
from adapters.kubernetes.options import ClusterOptions, Name
from adapters.kubernetes.watch import Sleep
from adapters.options import Deadline, VariableName
from adapters.placeholders import spelled
from adapters.traffic.kept_values import KeptKill
from adapters.traffic.options import Text
from adapters.traffic.values import Share, Standing, shown, weight_in
from bot.domain.kinds import Environment
from bot.domain.planning.fields import WeightField, misread
from bot.domain.units import ZERO, Weight
from bot.ports import Denied, Nonsense, TrafficState


class EnvOptions(ClusterOptions):
    """Which variable. `container` may be left out where there's only one; `force` takes the variable from its owner."""

    deployment: Name
    variable: VariableName
    container: Name | None = None
    force: bool = False


def _restarts(value: bool) -> bool:
    if not value:
        raise misread("a changed variable always makes new pods", "take `restart` out")
    return value


class KubernetesEnvTrafficOptions(EnvOptions):
    """`traffic: {kind: kubernetes_env, …}`. `restart` says what happens anyway; `rollout` is how long one may take.

    `read_back: template` believes the template while pods of an older one still serve: for plans whose confirming
    metric tells what serves, so that a kill isn't kept waiting by a roll-out.
    """

    fraction: bool = False
    absent_is: WeightField | None = None
    restart: Annotated[bool, AfterValidator(_restarts)] = True
    rollout: Deadline = timedelta(minutes=5)
    read_back: Literal["pods", "template"] = "pods"


class KubernetesEnvKillOptions(EnvOptions):
    """`kill_switch: {kind: kubernetes_env, …}`: the texts that mean off and, for the rehearsal, on."""

    off: Text
    on: Text | None = None

    @model_validator(mode="after")
    def _differ(self) -> KubernetesEnvKillOptions:
        if self.off == self.on:
            raise misread("off and on are the same value", 'write for example off: "false" and on: "true"')
        return self


class Variable:
    """One variable of one Deployment's pod template."""

    def __init__(self, options: EnvOptions, environment: Environment, sleep: Sleep = asyncio.sleep) -> None:
        self._options = options
        self._cluster = Cluster(options, environment)
        manager = f"perch-{options.variable}"[:128]
        self.deployed = Deployed(self._cluster, options.deployment, manager, options.force, sleep)

    @property
    def target(self) -> str:
        return f"{self.deployed.place} {self._options.variable}"

    async def get(self) -> Standing:
        """What the template says; pods may still run an older one."""
        return self.value_in(await self.deployed.template())

    async def put(self, standing: Standing) -> None:
        """Asking for what stands there changes nothing, and restarts nothing."""
        await self.deployed.apply(await self._fields(standing))

    async def rehearse(self, standing: Standing) -> str:
        """`standing` should differ from what's there: only a change shows whose the variable is."""
        return await self.deployed.rehearse(await self._fields(standing))

    async def aclose(self) -> None:
        await self._cluster.aclose()

    def value_in(self, template: PodTemplateSpec) -> Standing:
        """Raises Denied or Nonsense where the container isn't clear, or the variable is taken from elsewhere."""
        found = [each for each in self._container(template).env or () if each.name == self._options.variable]
        if not found:
            return Standing(absent=True)
        if found[-1].valueFrom is not None:
            raise Nonsense(f"{self.target} is taken from a ConfigMap, a Secret or a field; Perch changes plain values")
        return Standing(found[-1].value or "")

    def _container(self, template: PodTemplateSpec) -> Container:
        every, name = (template.spec.containers if template.spec else []), self._options.container
        fitting = [each for each in every if name in (None, each.name)]
        if len(fitting) != 1:
            names = ", ".join(each.name for each in every)
            raise Denied(f"{self.target}: name one `container` of {names or 'none'}")
        return fitting[0]

    async def _fields(self, standing: Standing) -> Mapping[str, Any]:
        """The one field that is ours, for its container; without the variable, none of it."""
        name = self._options.container or self._container(await self.deployed.template()).name
        item = {"name": self._options.variable, "value": spelled(standing.value)}
        container = {"name": name} if standing.absent else {"name": name, "env": [item]}
        return {"spec": {"template": {"spec": {"containers": [container]}}}}


class EnvTraffic:
    """A weight in a variable, and its roll-out."""

    def __init__(
        self, options: KubernetesEnvTrafficOptions, environment: Environment, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._options = options
        self._share = Share.FRACTION if options.fraction else Share.PERCENT
        self._variable = Variable(options, environment, sleep)

    @property
    def target(self) -> str:
        return self._variable.target

    async def read(self) -> TrafficState:
        deployment = await self._variable.deployed.get()
        asked = self._variable.value_in(template_of(deployment))
        told = f"{self._options.variable} = {'nothing' if asked.absent else shown(asked.value)}"
        if settled(deployment) or self._options.read_back == "template":
            return TrafficState(self._weight(asked), f"{told}; {progress(deployment).words}")
        weights = [self._weight(asked), *await self._older(deployment)]
        wrong = await self._variable.deployed.wrong(deployment)
        serving = ", ".join(str(weight) for weight in sorted(set(weights)))
        return TrafficState(max(weights), f"{told}; {wrong or progress(deployment).words}; pods may serve {serving}")

    async def apply(self, weight: Weight) -> None:
        goes_down = weight == ZERO or await self._is_below(weight)
        await self._variable.put(Standing(placeholders.of_weight(weight)[self._share]))
        if not goes_down:
            await self._variable.deployed.rolled_out(self._options.rollout)

    async def rehearse(self) -> str:
        state = await self.read()
        other = Weight(1) if state.weight == ZERO else ZERO
        tried = await self._variable.rehearse(Standing(placeholders.of_weight(other)[self._share]))
        return f"{tried}; {state.shown}"

    async def aclose(self) -> None:
        await self._variable.aclose()

    async def _is_below(self, weight: Weight) -> bool:
        """What can't be understood counts as a raise: it's waited for."""
        try:
            return weight < (await self.read()).weight
        except Nonsense:
            return False

    async def _older(self, deployment: Deployment) -> list[Weight]:
        templates = await self._variable.deployed.templates(deployment)
        return [self._weight(self._variable.value_in(template)) for template in templates]

    def _weight(self, standing: Standing) -> Weight:
        if not standing.absent:
            return weight_in(standing.value, self._share)
        if self._options.absent_is is None:
            raise Nonsense(f"{self.target} isn't set; `absent_is: 0%` would say what that means")
        return self._options.absent_is


class EnvKill(KeptKill):
    """A switch in a variable. It reads as off when the template says so; `killed_when` measures what pods do."""

    def __init__(self, options: KubernetesEnvKillOptions, environment: Environment) -> None:
        self._variable = Variable(options, environment)
        super().__init__(_Switch(self._variable, options.off), options.off, options.on)

    async def aclose(self) -> None:
        await self._variable.aclose()


class _Switch:
    """A variable whose rehearsal tries the text that means off."""

    def __init__(self, variable: Variable, off: str) -> None:
        self._variable, self._off = variable, off
        self.get, self.put = variable.get, variable.put

    @property
    def target(self) -> str:
        return self._variable.target

    async def rehearse(self) -> str:
        return await self._variable.rehearse(Standing(self._off))
