"""Checks of a process, distinguished by ``kind``.

The pipeline's own runs give the result of an ``asset_check``. A ledger check is judged from the
ledger when a report is made. Every other kind is a live check.
"""

from typing import Annotated, Literal

from pydantic import Field

from dataflow_health.health.frozen_model import CheckBase
from dataflow_health.health.ledger_check import LEDGER_CHECK_KINDS, LEDGER_CHECKS, LedgerCheck
from dataflow_health.health.live_check import LiveCheck

STEP = "step"
"""Undeclared check of every stage: its own run succeeded."""

LEDGER = "ledger"
"""Undeclared check of every stage: its counts balance, and nothing is in quarantine."""

UNDECLARED = (STEP, LEDGER)


class AssetCheck(CheckBase):
    """A check that a stage's own run evaluates, by its name in Dagster."""

    kind: Literal["asset_check"]


Check = Annotated[AssetCheck | LedgerCheck | LiveCheck, Field(discriminator="kind")]

DATA_CHECKS = (AssetCheck, *LEDGER_CHECKS)
"""Checks of a stage's data, for ``isinstance``; all others are live checks."""

DATA_CHECK_KINDS = frozenset({"asset_check", *LEDGER_CHECK_KINDS})
