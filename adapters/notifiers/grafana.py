"""Kind `grafana` (O1): what a rollout does is marked on dashboards, and its plan's own dashboard is kept up to date."""

from __future__ import annotations

from datetime import timedelta

from adapters.grafana import dashboard_of, look_for_library
from adapters.grafana.api import OURS, Annotation, Grafana
from adapters.http import Address, redact, secret
from adapters.notifiers.options import Deadline, cut
from adapters.options import Options, VariableName
from bot.domain.kinds import Environment, MissingEnvironment
from bot.ports import Denied, Notice

TEXT = 2000


class GrafanaOptions(Options):
    """`notifiers: {board: {kind: grafana, url: "${GRAFANA_URL}", token_env: GRAFANA_TOKEN}}`.

    `dashboard: false` only annotates. `datasource` is the uid of the Prometheus in Grafana; without it who looks
    chooses. `folder` is a folder's uid.
    """

    url: Address
    token_env: VariableName
    dashboard: bool = True
    datasource: str = ""
    folder: str = ""
    timeout: Deadline = timedelta(seconds=10)


class GrafanaNotifier:
    """The `Notifier` port over a Grafana: an annotation for each notice, found by tags on every dashboard."""

    def __init__(self, options: GrafanaOptions, environment: Environment) -> None:
        self._options, self._environment = options, environment
        token, deadline_s = secret(options.token_env, environment), options.timeout.total_seconds()
        self._grafana = Grafana(options.url, token, deadline_s)

    @property
    def target(self) -> str:
        return f"grafana {redact(self._options.url)}"

    async def tell(self, notice: Notice) -> str:
        place = await self._draw(notice)
        tags = [OURS, f"plan:{notice.plan}", f"rollout:{notice.rollout}", notice.event, f"notice:{notice.key}"]
        text = cut(f"{notice.subject}\n{notice.reason}".strip(), TEXT)
        await self._grafana.annotate(Annotation(notice.at, text, tags))
        return f"annotated {notice.event}" + (f", with {place}" if place else "")

    async def _draw(self, notice: Notice) -> str:
        """The plan's dashboard as the rollout's own plan has it; its address, "" where none is wanted."""
        if not self._options.dashboard or notice.whole is None:
            return ""
        try:
            drawn = dashboard_of(notice.whole, self._environment, self._options.datasource)
        except MissingEnvironment as missing:
            raise Denied(f"the dashboard can't be drawn: {missing}; set it where Perch runs") from missing
        return await self._grafana.put(drawn, self._options.folder)

    async def rehearse(self) -> str:
        if self._options.dashboard:
            look_for_library()
        return await self._grafana.look(self._options.folder)

    async def aclose(self) -> None:
        await self._grafana.aclose()
