"""Which names belong to secrets: of environment variables, of headers, of a query's parameters."""

from __future__ import annotations

import re

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|SIGNATURE|API_?KEY|(^|[_-])(KEY|PWD|PASS|AUTH|SIG)$", re.I
)


def sounds_secret(name: str) -> bool:
    """Whether a variable, header or parameter of this name holds a secret."""
    return _SECRET_NAME.search(name) is not None


PERCHS_OWN = frozenset(
    {
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "SLACK_SIGNING_SECRET",
        "DATABASE_URL",
        "PERCH_SIGNING_KEY",
        "PERCH_WEBHOOK_TOKEN",
        "PERCH_PAGERDUTY_SECRET",
        "PERCH_OFREP_TOKEN",
        "PERCH_HEARTBEAT_URL",
        "PERCH_FALLBACK_URL",
        "PERCH_SMTP_URL",
        "PERCH_SMTP_PASSWORD",
    }
)
"""Settings that no plan may name: whoever edits a plan could send them anywhere, and then speak or sign as Perch."""
