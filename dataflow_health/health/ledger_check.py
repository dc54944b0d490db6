"""Checks that are judged from the ledger whenever a health report is made.

No run and no probe stores their results, so they turn red and green with their cause.
"""

from datetime import timedelta
from typing import Literal

from dataflow_health.health.frozen_model import CheckBase, Duration

DAY = timedelta(days=1)
"""Debts are paid between the runs of new arrivals: one that is a day old is not being paid."""
HALF_HOUR = timedelta(minutes=30)
"""The longest step of one recording, with Spark's start, takes minutes; arrivals are tried again
every few seconds, and a dead run is ended within a minute."""


class AnswersComplete(CheckBase):
    """Every analysed recording has an answer of every declared algorithm, in its present version.

    An answer that is owed is a warning at first, whatever the severity of the check.

    Attributes:
        fails_after: Time after which an owed answer has the ``severity`` of the check.
    """

    kind: Literal["answers_complete"]
    fails_after: Duration = DAY


class VersionsCurrent(CheckBase):
    """Every recording was processed with the present version of parser, recorder, layout, mapping.

    A recording of an older version is a warning at first, whatever the severity of the check.

    Attributes:
        fails_after: Time after which a debt has the ``severity`` of the check.
    """

    kind: Literal["versions_current"]
    fails_after: Duration = DAY


class WorkMoves(CheckBase):
    """No arrival day waits before the stage without any progress.

    Progress is whatever a stage begins or finishes for the day. A run that was never started or
    that died leaves none. A running step also fails the check when its process is stopped, or when
    it neither finishes anything nor uses the processor: within a minute, or three times its longest
    recent duration.

    Attributes:
        at_most: Longest time without progress.
    """

    kind: Literal["work_moves"]
    at_most: Duration = HALF_HOUR


LedgerCheck = AnswersComplete | VersionsCurrent | WorkMoves
"""Every kind of check that is judged from the ledger."""

LEDGER_CHECKS = (AnswersComplete, VersionsCurrent, WorkMoves)
"""The same, for ``isinstance``."""

LEDGER_CHECK_KINDS = frozenset({"answers_complete", "versions_current", "work_moves"})
