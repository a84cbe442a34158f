"""`perch doctor` about Slack, over real HTTP: a test for each thing that an admin can get wrong, with what to do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.notify.slack import slack_client
from bot.assembly import utc_now
from bot.domain.plan import Notify, Part, Plan
from bot.sandbox.workspace import Person, Workspace
from bot.settings import BadSetting, Settings, read_settings
from commands.terminal import given, perch
from commands.terminal.doctor.door import reachable
from commands.terminal.doctor.findings import Finding, Grade
from commands.terminal.doctor.keeping import destinations
from commands.terminal.doctor.plans import together
from commands.terminal.doctor.scopes import SCOPES
from commands.terminal.doctor.slack import slack
from tests.bot.wording.stories import a_plan
from tests.deploy.test_manifest import MANIFEST

pytestmark = pytest.mark.anyio
CHANNEL = "#canary-live"


@pytest.fixture
async def workspace() -> AsyncIterator[Workspace]:
    workspace = Workspace(seed=1)
    await workspace.start()
    yield workspace
    await workspace.stop()


def settings_for(workspace: Workspace, **changes: str) -> Settings:
    return read_settings(
        {
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "SLACK_API_URL": workspace.api_url,
            **changes,
        }
    )


async def looked(
    workspace: Workspace, *plans: Plan, clock: Callable[[], datetime] = utc_now, **changes: str
) -> dict[str, Finding]:
    settings = settings_for(workspace, **changes)
    return {found.what: found async for found in slack(settings, plans or (a_plan(),), clock)}


def is_bad(finding: Finding, *parts: str) -> None:
    """It is, it says so in one line with these parts in it, and shows no secret."""
    assert finding.grade is Grade.BAD
    assert all(part in finding.said for part in parts), finding.said
    assert "\n" not in str(finding)
    assert "xoxb-1" not in finding.said


async def test_all_is_well_in_the_sandbox_in_both_modes(workspace: Workspace) -> None:
    found = await looked(workspace)
    assert {what for what, each in found.items() if each.grade is Grade.OK} == {
        *("bot token", "scopes", "clock", "app token", "Socket Mode", f"channel {CHANNEL}", "roles")
    }
    signed = await looked(workspace, SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET=workspace.signing_secret)
    assert signed["HTTP mode"].grade is Grade.OK
    assert "app token" not in signed
    assert [each for each in {**found, **signed}.values() if each.grade is Grade.BAD] == []


# Tokens


@pytest.mark.parametrize(
    ("setting", "pasted", "says"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-A0-0-0", "it belongs in SLACK_APP_TOKEN"),
        ("SLACK_BOT_TOKEN", "xoxp-1-0-0", "a user token"),
        ("SLACK_BOT_TOKEN", "xoxe.xoxp-1-0", "token rotation off"),
        ("SLACK_BOT_TOKEN", "0123456789abcdef", "those begin with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1-0-0", "it belongs in SLACK_BOT_TOKEN"),
    ],
)
async def test_the_wrong_kind_of_token_is_named_before_slack_is_asked(setting: str, pasted: str, says: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read_settings({setting: pasted})
    assert says in str(refused.value)
    assert setting in str(refused.value)
    assert pasted not in str(refused.value)


def test_a_setting_that_cant_be_read_is_a_finding_too() -> None:
    """A script reads the same JSON whatever is wrong."""
    asked = CliRunner().invoke(perch, ["doctor", "--json"], obj=given({"SLACK_BOT_TOKEN": "xapp-1-A0"}))
    [finding] = json.loads(asked.output)
    assert (asked.exit_code, finding["grade"], finding["what"]) == (1, "BAD", "settings")
    assert "it belongs in SLACK_APP_TOKEN" in finding["said"]


async def test_no_token_at_all_says_where_one_comes_from(workspace: Workspace) -> None:
    found = await looked(workspace, SLACK_BOT_TOKEN="")
    is_bad(found["Slack"], "SLACK_BOT_TOKEN is not set", "docs/slack.md")


@pytest.mark.parametrize("code", ["invalid_auth", "account_inactive", "token_revoked", "token_expired"])
async def test_a_bot_token_that_is_no_longer_good_ends_the_questions(workspace: Workspace, code: str) -> None:
    workspace.refuse("auth.test", code, times=9)
    found = await looked(workspace)
    is_bad(found["bot token"], code, "mend SLACK_BOT_TOKEN")
    assert len(found) == 1


async def test_a_slack_that_cant_be_reached_is_not_a_bad_token(workspace: Workspace) -> None:
    found = await looked(workspace, SLACK_API_URL="http://127.0.0.1:9/api/")
    is_bad(found["bot token"], "can't be reached", "check the network")


# Scopes


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_missing_scope_is_named_with_what_it_is_for(scope: str) -> None:
    workspace = Workspace(seed=1, scopes=[each for each in SCOPES if each != scope])
    await workspace.start()
    try:
        found = await looked(workspace)
    finally:
        await workspace.stop()
    is_bad(found["scopes"], f"missing: {scope} ({SCOPES[scope]})", "OAuth & Permissions", "Reinstall to Workspace")


def test_the_doctor_asks_for_the_scopes_that_the_manifest_asks_for() -> None:
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == set(SCOPES)


# The clock, and the way in


async def test_a_clock_that_is_wrong_is_seen(workspace: Workspace) -> None:
    found = await looked(workspace, clock=lambda: utc_now() + timedelta(minutes=10))
    is_bad(found["clock"], "ahead of Slack's", "NTP")


async def test_an_app_token_that_slack_doesnt_know_is_told(workspace: Workspace) -> None:
    found = await looked(workspace, SLACK_APP_TOKEN="xapp-wrong")
    is_bad(found["app token"], "mend SLACK_APP_TOKEN")
    assert "Socket Mode" not in found


async def test_sockets_behind_a_shut_firewall_are_told_apart_from_a_bad_token() -> None:
    """Slack's sockets have a host of their own: the Web API may be open while they are not."""
    async with slack_client("xoxb-1") as client:
        found = await reachable(client, "ws://127.0.0.1:9/link/?ticket=1")
    is_bad(found, "127.0.0.1 can't be reached", "wss-*.slack.com")
    assert "ticket" not in found.said


async def test_no_way_in_at_all_is_told(workspace: Workspace) -> None:
    is_bad((await looked(workspace, SLACK_APP_TOKEN=""))["requests"], "SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET")


async def test_something_else_in_place_of_the_signing_secret_is_told(workspace: Workspace) -> None:
    found = await looked(workspace, SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET="my-secret")
    is_bad(found["HTTP mode"], "SLACK_SIGNING_SECRET", "Basic Information")
    assert "my-secret" not in found["HTTP mode"].said


async def test_a_command_that_is_none_is_told_and_a_good_one_is_to_be_tried(workspace: Workspace) -> None:
    assert "type /canary help" in (await looked(workspace))["command"].said
    is_bad((await looked(workspace, PERCH_COMMAND="perch"))["command"], "begins with /")


# Channels and roles


def out(workspace: Workspace) -> None:
    workspace.channel(CHANNEL).members.remove("U01BOT0001")


def hidden(workspace: Workspace) -> None:
    out(workspace)
    workspace.channel(CHANNEL).private = True


def archived(workspace: Workspace) -> None:
    workspace.channel(CHANNEL).archived = True


@pytest.mark.parametrize(
    ("happened", "says"), [(out, "/invite @perch"), (hidden, "/invite @perch"), (archived, "is archived")]
)
async def test_a_channel_that_refuses_us_is_told(
    workspace: Workspace, happened: Callable[[Workspace], Any], says: str
) -> None:
    happened(workspace)
    is_bad((await looked(workspace))[f"channel {CHANNEL}"], says)


async def test_every_channel_that_a_plan_names_is_looked_for(workspace: Workspace) -> None:
    plan = a_plan(channel="#nowhere", notify={"promoted": ["#engineering", "#gone"]})
    found = await looked(workspace, plan, PERCH_FALLBACK_CHANNEL="#second")
    for place in ("#nowhere", "#gone", "#second"):
        is_bad(found[f"channel {place}"], "isn't there")
    assert "channel #engineering" in found


async def test_channels_that_slack_wont_list_are_told(workspace: Workspace) -> None:
    workspace.refuse("conversations.list", "missing_scope", times=9)
    is_bad((await looked(workspace))["channels"], "lacks a scope")


async def test_a_role_that_is_nobody_is_told(workspace: Workspace) -> None:
    workspace.group("sre-leads").members.clear()
    plan = a_plan(roles={"operators": ["@sre"], "approvers": ["@sre-leads", "@nobody"]})
    found = await looked(workspace, plan)
    is_bad(found["role @sre-leads"], "names nobody", "user group")
    is_bad(found["role @nobody"], "names nobody")


async def test_a_person_may_stand_for_a_role(workspace: Workspace) -> None:
    workspace.add_person(Person("U0EVE", "eve", "Eve"))
    plan = a_plan(roles={"operators": ["@eve"], "approvers": ["@ana"]})
    assert (await looked(workspace, plan))["roles"].grade is Grade.OK


async def test_a_slack_without_user_groups_says_who_is_nobody_then(workspace: Workspace) -> None:
    """A free workspace: only people can be named."""
    workspace.refuse("usergroups.list", "plan_upgrade_required", times=9)
    is_bad((await looked(workspace))["role @sre"], "name people")


# Where papers go


async def test_each_destination_and_the_mail_server_are_tried(tmp_path: Path) -> None:
    """E9, S8: one line each, and what to do; nothing is written there."""
    plan = a_plan().model_copy(
        update={"keep": (Part(kind="folder", options={"path": str(tmp_path / "gone")}),), "notify": MAILED}
    )
    settings = read_settings({"PERCH_KEEP": f"{{kind: folder, path: {tmp_path}}}"})
    found = {each.what: each async for each in destinations(settings, [plan, a_plan()], {})}
    assert found[f"papers to folder {tmp_path}"].grade is Grade.OK
    is_bad(found[f"papers to folder {tmp_path / 'gone'}"], "make it, or mount it", "perch doctor")
    is_bad(found["mail"], "lead@x.org", "PERCH_SMTP_URL")
    assert list(tmp_path.iterdir()) == []


def test_what_has_one_cause_is_told_once() -> None:
    """A variable that isn't set stops all metrics of a source: eleven times the same sentence hid the rest."""
    found = [*(f"metric {each}: refused: URL is not set" for each in "abcde"), "traffic web: away"]
    assert list(together(found)) == [
        "metric a, metric b, metric c and 2 more: refused: URL is not set",
        "traffic web: away",
    ]


async def test_a_mail_server_that_is_away_is_named() -> None:
    settings = read_settings({"PERCH_SMTP_URL": "smtp://perch:hidden-word@127.0.0.1:9", "PERCH_KEEP": "{kind: vault}"})
    found = {each.what: each async for each in destinations(settings, [a_plan()], {})}
    is_bad(found["papers"], "vault", "folder, git, s3")
    is_bad(found["mail by 127.0.0.1:9"], "Connection refused", "perch doctor")
    assert "hidden-word" not in "".join(map(str, found.values()))


MAILED = Notify(completed=("mail:lead@x.org",))
