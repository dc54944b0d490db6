"""Checks that are judged from the ledger whenever a health report is made.

No run and no probe stores their results, so they turn red and green with their cause.
"""

from datetime import timedelta
from typing import Literal

from dataflow_health.health.frozen_model import CheckBase, Duration

DAY = timedelta(days=1)
"""Debts are paid between the runs of new arrivals: one that is a day old is not being paid."""


class AnswersComplete(CheckBase):
    """Every analysed recording has an answer of every declared algorithm, in its present version.

    An answer that is owed is a warning at first, whatever the severity of the check.

    Attributes:
        fails_after: Time after which an owed answer has the ``severity`` of the check.
    """

    kind: Literal["answers_complete"]
    fails_after: Duration = DAY


LedgerCheck = AnswersComplete
"""Every kind of check that is judged from the ledger."""

LEDGER_CHECKS = (AnswersComplete,)
"""The same, for ``isinstance``."""

LEDGER_CHECK_KINDS = frozenset({"answers_complete"})
