"""A database with a person and a pasted token in all places."""

from __future__ import annotations

from bot.domain.evidence import WORKSPACE
from bot.domain.machine import State
from bot.domain.measurements import Missing, NoData
from bot.domain.planning.reading import digest
from bot.ports import Change, Delivery, Posted
from storage.database import Database
from storage.inbox import SqlInbox
from storage.outbox import SqlOutbox
from storage.rollouts import SqlRollouts
from storage.signing import SigningKey
from tests.storage.samples import ANA, NOW, Hands, a_post, a_rollout, an_entry

WHO, TOKEN = "U0ANA", "ghp_t0kenPasted4711"
TREE = {"name": "materializers", "roles": {"approvers": [WHO, "@sre"]}, "stages": [{"weight": "1%"}]}


async def filled(database: Database, signer: SigningKey | None = None) -> None:
    """A rollout that ended, one that is live, and what belongs to none; Ana is in all of it, and so is a token."""
    rollouts = SqlRollouts(database, Hands(), signer)
    ana = ANA.model_copy(update={"id": WHO})
    made = a_rollout(requester=ana, plan_digest=digest(TREE, "production"), reason=f"see {TOKEN}")
    by_ana = an_entry("approved", by={"id": WHO, "name": "Ana"}, why=f"<@{WHO}> said so", who={WHO: "yes"})
    started = an_entry("started", by="U0ANABEL", version="1.2.3")
    status = a_post("status:r1", say="status")
    rollout = await rollouts.create(made, TREE, Change(evidence=(started, by_ana), messages=(status,)))
    told = a_post("r1:1", facts={"by": WHO, "reason": "lunch"}, to=WHO)
    gone = NoData(Missing.EMPTY, f"401 {TOKEN}", NOW)
    rollout = await rollouts.save(rollout, Change(messages=(told,), measured={"errors": gone}))
    over = rollout.but(state=State.ABORTED, ended_at=NOW)
    await rollouts.save(over, Change(evidence=(an_entry("aborted", reason=f"it printed {TOKEN}"),)))
    outbox = SqlOutbox(database)
    root, *_ = await outbox.due(NOW, 9)
    await outbox.said(root.number, Posted("C1", "1700.5"), NOW)
    for each in await outbox.due(NOW, 9):
        await outbox.gave_up(each.number, "only an example", NOW)
    await rollouts.note(WORKSPACE, (an_entry("refused", who=WHO),))
    inbox = SqlInbox(database, Hands())
    await inbox.take(Delivery("k1", NOW, {"actor": {"id": WHO, "name": "Ana"}, "reason": TOKEN}))
    await inbox.done("k1")
    live = a_rollout("live", requester=ana, plan_digest=digest(TREE, "production"))
    await rollouts.create(live, TREE, Change(evidence=(by_ana,)))
