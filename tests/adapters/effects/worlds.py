"""Each kind of action with its far side, really running: a new kind is one line in `WORLDS`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.contracts import EffectWorld, Trouble
from adapters.contracts.effects import KEY
from adapters.effects import KINDS
from adapters.effects.kubernetes import MARK
from bot.ports import Effect
from tests.adapters.traffic.far_sides import command_world, file_worlds, kubernetes_worlds, redis_world
from tests.adapters.traffic.far_sides.flag_service import TOKEN
from tests.adapters.traffic.far_sides.http_world import http_world
from tests.adapters.traffic.far_sides.worlds import Opening, World, fake_world
from tests.fakes.effects import FakeEffect


class OneEffect(EffectWorld):
    """An effect on the far side of something that moves traffic; `stands` is how what stands there is told."""

    def __init__(
        self, effect: Effect, far: World, stands: Callable[[], Awaitable[Any]], before: Any, done: Any
    ) -> None:
        self.effect, self.before, self.done = effect, before, done
        self.troubles, self.secrets = far.troubles, far.secrets
        self._far, self._stands = far, stands

    async def stands(self) -> Any:
        return await self._stands()

    async def get_into(self, trouble: Trouble | None) -> None:
        await self._far.get_into(trouble)

    async def reached(self) -> None:
        await self._far.reached()


EffectOpening = Callable[[Path], AbstractAsyncContextManager[EffectWorld]]


def _over(opening: Opening, build: Callable[[Any, Path], Effect], done: str) -> EffectOpening:
    """The far side of a kill switch, whose switch is set by an action."""

    @asynccontextmanager
    async def opened(folder: Path) -> AsyncIterator[EffectWorld]:
        async with opening(folder) as world:
            effect = build(world, folder)
            yield OneEffect(effect, world, world.switch, world.on, done)
            await world.get_into(None)
            await effect.aclose()

    return opened


def made(kind: str, options: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Effect:
    """One of the kinds, built as a plan builds it."""
    known = KINDS[kind]
    built: Effect = known.build(known.options.model_validate(dict(options)), environment or {})
    return built


def _redis(world: Any, folder: Path) -> Effect:
    options = redis_world.options(world.server.url, "enabled", to=0, back=1)
    return made("redis_flag", options, redis_world.ENVIRONMENT)


def _json_file(world: Any, folder: Path) -> Effect:
    path = str(folder / "etc" / "flags")
    return made("flag_file", {"path": path, "key": "flags.enabled", "to": False, "back": True, "timeout": "300ms"})


def _env_file(world: Any, folder: Path) -> Effect:
    path = str(folder / "etc" / "flags")
    return made("env_file", {"path": path, "variable": "enabled", "to": 0, "back": 1, "timeout": "300ms"})


def _command(world: Any, folder: Path) -> Effect:
    commands = {"do": ["setcanary", "set", "ENABLED=false"], "undo": [["setcanary", "set", "ENABLED=true"]]}
    return made("command", {**command_world.SHARED, "timeout": "1500ms", **commands}, world.environment)


def _http(world: Any, folder: Path) -> Effect:
    url = world.service.url
    post = {"method": "POST", "url": f"{url}/switch"}
    options = {
        "do": {**post, "json": {"enabled": False}},
        "undo": {**post, "json": {"enabled": True}},
        "read": {"url": f"{url}/switch", "path": "enabled", "done": False},
        "token_env": "FLAGS_TOKEN",
        "timeout": "300ms",
    }
    return made("http", options, {"FLAGS_TOKEN": TOKEN})


_DENIS = {"namespace": "denis", "timeout": "1s", "deployment": "denis", "rollout": "5s"}


def _kubernetes(kind: str, **options: Any) -> Callable[[Any, Path], Effect]:
    def build(world: Any, folder: Path) -> Effect:
        return made(kind, {**_DENIS, **options}, kubernetes_worlds.environment_of(folder, world.api))

    return build


_pods_variable = _kubernetes("kubernetes_env", variable="ENABLED", to="false", back="true", force=True)
_pods_count = _kubernetes("kubernetes_scale", replicas=5, back=3, force=True)


@asynccontextmanager
async def _restart(folder: Path) -> AsyncIterator[EffectWorld]:
    """The mark of a restart is what stands there; taken back, its pods are new once more."""
    async with kubernetes_worlds.RESTART(folder) as world:
        effect = _kubernetes("kubernetes_restart", back="restart")(world, folder)

        async def mark() -> str | None:
            template = world.api.body("deployments", "denis")["spec"]["template"]  # type: ignore[attr-defined]
            found: str | None = template.get("metadata", {}).get("annotations", {}).get(MARK)
            return None if found == f"{KEY}-back" else found

        yield OneEffect(effect, world, mark, None, KEY)
        await effect.aclose()


@asynccontextmanager
async def _fake(folder: Path) -> AsyncIterator[EffectWorld]:
    async with fake_world(folder) as world:
        effect = FakeEffect(far=world.far)  # type: ignore[attr-defined]

        async def stands() -> bool:
            return KEY in effect.stands

        yield OneEffect(effect, world, stands, False, True)


WORLDS: Mapping[str, EffectOpening] = {
    "fake": _fake,
    "command": _over(command_world.command_world, _command, "false"),
    "http": _over(http_world, _http, "false"),
    "flag_file": _over(file_worlds.file_world(file_worlds.JSON), _json_file, "false"),
    "env_file": _over(file_worlds.file_world(file_worlds.LINES), _env_file, "0"),
    "redis_flag": _over(redis_world.redis_world, _redis, "0"),
    "kubernetes_env": _over(kubernetes_worlds.ENV, _pods_variable, "false"),
    "kubernetes_scale": _over(kubernetes_worlds.SCALE, _pods_count, "5"),
    "kubernetes_restart": _restart,
}
