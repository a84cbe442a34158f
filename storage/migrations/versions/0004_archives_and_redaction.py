"""Measurements that lie in an archive, and the one narrow way in which a record may change: a redaction.

A record may change in its actor and body alone, and only while the newest record of its chain is a `redacted` one that
names it. `bot.domain.evidence` has the rule by which anybody checks afterwards that nothing else was changed.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archives",
        sa.Column("rollout", sa.String(), sa.ForeignKey("rollouts.id"), primary_key=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("folder", "file")),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("emptied_at", UTCDateTime()),
    )
    for statement in NARROW[op.get_bind().dialect.name]:
        op.execute(sa.text(statement.replace(":", r"\:")))


NARROW = {
    "sqlite": (
        "DROP TRIGGER evidence_no_update",
        "CREATE TRIGGER evidence_no_update BEFORE UPDATE ON evidence WHEN NOT ("
        "NEW.chain IS OLD.chain AND NEW.number IS OLD.number AND NEW.kind IS OLD.kind AND NEW.at IS OLD.at "
        "AND NEW.previous IS OLD.previous AND NEW.hash IS OLD.hash "
        "AND NEW.key IS OLD.key AND NEW.signature IS OLD.signature "
        "AND EXISTS (SELECT 1 FROM evidence AS last, json_each(last.body, '$.records') AS named "
        "WHERE last.chain = OLD.chain AND last.kind = 'redacted' AND last.number > OLD.number "
        "AND last.number = (SELECT max(number) FROM evidence WHERE chain = OLD.chain) "
        "AND json_extract(named.value, '$.number') = OLD.number)) "
        "BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END",
    ),
    "postgresql": (
        "DROP TRIGGER evidence_append_only ON evidence",
        "CREATE TRIGGER evidence_append_only BEFORE DELETE OR TRUNCATE ON evidence "
        "FOR EACH STATEMENT EXECUTE FUNCTION evidence_is_append_only()",
        "CREATE FUNCTION evidence_only_redacted() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF (NEW.chain, NEW.number, NEW.kind, NEW.at, NEW.previous, NEW.hash, NEW.key, NEW.signature) "
        "IS NOT DISTINCT FROM "
        "(OLD.chain, OLD.number, OLD.kind, OLD.at, OLD.previous, OLD.hash, OLD.key, OLD.signature) "
        "AND EXISTS (SELECT 1 FROM evidence AS last, jsonb_array_elements(last.body::jsonb -> 'records') AS named "
        "WHERE last.chain = OLD.chain AND last.kind = 'redacted' AND last.number > OLD.number "
        "AND last.number = (SELECT max(number) FROM evidence WHERE chain = OLD.chain) "
        "AND (named ->> 'number') = OLD.number::text) "
        "THEN RETURN NEW; END IF; RAISE EXCEPTION 'evidence is append-only'; END $$",
        "CREATE TRIGGER evidence_only_redacted BEFORE UPDATE ON evidence "
        "FOR EACH ROW EXECUTE FUNCTION evidence_only_redacted()",
    ),
}
