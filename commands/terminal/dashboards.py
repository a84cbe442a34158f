"""`perch plan dashboard`: a plan's dashboard for Grafana (O1)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

import click

from adapters.grafana.api import Grafana
from adapters.http import secret
from adapters.notifiers.grafana import GrafanaOptions
from bot.domain.kinds import Environment, MissingEnvironment, fill_in
from bot.domain.plan import Plan
from bot.domain.secret_names import PERCHS_OWN
from commands.terminal.ending import Failed
from commands.terminal.plan_named import environment_option, plan_named

KIND = "grafana"


@click.command()
@click.argument("name")
@click.option("--push", is_flag=True, help="Put it into the Grafana that the plan names, instead of printing it.")
@click.option("--datasource", default="", metavar="UID", help="The Prometheus in Grafana; else who looks chooses.")
@environment_option
@click.pass_context
def dashboard(context: click.Context, name: str, push: bool, datasource: str, environment: str) -> None:
    """Print the dashboard of the plan NAME (or a file) as JSON, or put it into Grafana."""
    plan = plan_named(context, name, environment)
    known = {name: value for name, value in os.environ.items() if name not in PERCHS_OWN}
    try:
        if not push:
            click.echo(_drawn(plan, known, datasource), nl=False)
            return
        for place in asyncio.run(_pushed(plan, known, datasource)):
            click.echo(place)
    except MissingEnvironment as missing:
        raise Failed(
            f"{missing}, and {plan.name} names it. Nothing was drawn. Set it, and run this again."
        ) from missing


async def _pushed(plan: Plan, environment: Environment, datasource: str) -> list[str]:
    """Where it is now. Raises MissingEnvironment, and the faults of `Grafana`."""
    parts: list[Mapping[str, object]] = [part.options for part in plan.notifiers.values() if part.kind == KIND]
    if not parts:
        raise Failed(
            f"{plan.name} names no Grafana. Nothing was sent. Add to the plan: notifiers: {{board: {{kind: grafana, "
            'url: "${GRAFANA_URL}", token_env: GRAFANA_TOKEN}}, or print it without --push.'
        )
    places = []
    for part in parts:
        options = GrafanaOptions.model_validate(fill_in(part, environment))
        drawn = _drawn(plan, environment, datasource or options.datasource)
        grafana = Grafana(options.url, secret(options.token_env, environment), options.timeout.total_seconds())
        try:
            places.append(await grafana.put(drawn, options.folder))
        finally:
            await grafana.aclose()
    return places


def _drawn(plan: Plan, environment: Environment, datasource: str) -> str:
    """Imported here: it needs a library that only who wants dashboards has, and all of `perch plan` comes this way."""
    try:
        from adapters.grafana.drawing import dashboard_of
    except ImportError as lacking:
        raise Failed(
            "drawing dashboards needs a library. Nothing was drawn. Get it with: pip install 'perch[grafana]'"
        ) from lacking
    return dashboard_of(plan, environment, datasource)
