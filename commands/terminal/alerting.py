"""`perch plan rules` and `perch plan routing`: a plan's guardrails for Prometheus and Alertmanager (O2, O3)."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click

from adapters.alerting.filling import NotFilled, Secret, Unset, filled
from adapters.alerting.recorded import Numbers
from adapters.alerting.routes import Routing, routing_file
from adapters.alerting.rules import prometheuses, rules_of
from adapters.alerting.trials import trial_file
from adapters.alerting.writing import rule_file
from bot.domain.kinds import Kinds
from bot.domain.plan import Plan
from bot.domain.secret_names import PERCHS_OWN, sounds_secret
from bot.redaction import Redactor, secrets_in, secrets_named
from commands.terminal.ending import Failed
from commands.terminal.plan_named import plan_named


@click.command()
@click.argument("name")
@click.option("--environment", default="", metavar="NAME", help="Read values for this environment.")
@click.option("--source", default="", metavar="NAME", help="Which Prometheus, where the plan asks several.")
@click.option(
    "--tests", default="", metavar="FILE", help="Print the tests of the rule file FILE instead, for promtool."
)
@click.pass_context
def rules(context: click.Context, name: str, environment: str, source: str, tests: str) -> None:
    """Print Prometheus alert rules for the plan NAME (or a file); what can't be one is told on stderr."""
    kinds: Kinds = context.obj["kinds"]()
    plan = _filled(plan_named(context, name, environment), name)
    made = rules_of(plan, kinds, _source(plan, kinds, source))
    click.echo(trial_file(made, Numbers(plan, kinds), tests) if tests else rule_file(made), nl=False)
    for each in () if tests else made.left_out:
        click.echo(f"{plan.name}: {each}", err=True)


def _filled(plan: Plan, asked_for: str) -> Plan:
    """With the values that stand in the environment, as Perch asks Prometheus; never a secret (law 8)."""
    known = {name: value for name, value in os.environ.items() if name not in PERCHS_OWN}
    redact = Redactor(secrets_in(known) | secrets_named(plan.model_dump(mode="json"), known))
    try:
        return filled(plan, known, lambda name: sounds_secret(name) or redact.holds(known.get(name, "")))
    except Secret as secret:
        raise Failed(
            f"May hold a secret: {secret}. Rules are read by many, so no rules were printed. "
            f"{_whose(secret)} Take it out there; who Perch is to Prometheus is said with token_env at the source."
        ) from secret
    except Unset as unset:
        values = " ".join(f"{name}=…" for name in unset.names)
        raise Failed(
            f"Not set: {unset}. Nothing fills in a rule later, so no rules were printed. "
            f"{_whose(unset)} Give what stands where Perch runs: {values} perch plan rules {asked_for}"
        ) from unset


def _whose(names: NotFilled) -> str:
    return f"Named by: {', '.join(names.metrics)}."


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option(
    "--url",
    default="http://localhost:8080/webhooks/alertmanager",
    metavar="URL",
    show_default=True,
    help="Perch's webhook, as Alertmanager reaches it.",
)
@click.option(
    "--token-file",
    default="/etc/alertmanager/perch-token",
    metavar="PATH",
    show_default=True,
    help="The file on Alertmanager's machine that holds PERCH_WEBHOOK_TOKEN.",
)
@click.option("--default", default="default", metavar="RECEIVER", show_default=True, help="Who hears of all else.")
@click.option("--severity", multiple=True, metavar="critical=RECEIVER", help="Who hears of a severity; repeat it.")
@click.option("--class", "danger", multiple=True, metavar="security=RECEIVER", help="Who hears of a class as well.")
@click.pass_context
def routing(
    context: click.Context,
    names: tuple[str, ...],
    url: str,
    token_file: str,
    default: str,
    severity: tuple[str, ...],
    danger: tuple[str, ...],
) -> None:
    """Print an Alertmanager configuration for the rules of the plans NAME..., or of all plans."""
    plans = [plan_named(context, name, "").name for name in names]
    if not url.startswith(("http://", "https://")):
        raise click.UsageError(f"'{url}' is no address; write it as http://perch.internal:8080/webhooks/alertmanager")
    to_people = {"by_severity": _pairs("--severity", severity), "by_class": _pairs("--class", danger)}
    taken = [name for pairs in to_people.values() for name in pairs.values() if name == "perch"]
    if taken or default == "perch":
        raise click.UsageError("the receiver 'perch' is Perch's webhook; give people's another name")
    click.echo(routing_file(Routing(url, token_file, plans, default, **to_people)), nl=False)


def _pairs(option: str, given: Iterable[str]) -> dict[str, str]:
    pairs = dict(each.partition("=")[::2] for each in given)
    wrong = next((each for each in given if "" in each.partition("=")), None)
    if wrong is not None:
        raise click.UsageError(f"{option} {wrong}: write it as VALUE=RECEIVER, {option} critical=pager for instance")
    return pairs


def _source(plan: Plan, kinds: Kinds, wanted: str) -> str:
    there = prometheuses(plan, kinds)
    if not there:
        raise Failed(f"no metric of {plan.name} is asked of a Prometheus, so there is nothing to make rules of.")
    if wanted and wanted not in there:
        raise click.UsageError(f"{plan.name} asks no Prometheus called {wanted}; it asks {', '.join(there)}.")
    if not wanted and len(there) > 1:
        raise click.UsageError(f"{plan.name} asks several; say which with --source: {', '.join(there)}.")
    return wanted or there[0]
