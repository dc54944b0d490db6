"""Checks of a process, distinguished by ``kind``.

The pipeline's own runs give the result of an ``asset_check``; every other kind is a live check.
"""

from typing import Annotated, Literal

from pydantic import Field

from dataflow_health.health.frozen_model import CheckBase
from dataflow_health.health.live_check import LiveCheck

STEP = "step"
"""Undeclared check of every stage: its own run succeeded."""

LEDGER = "ledger"
"""Undeclared check of every stage: its counts balance, and nothing is in quarantine."""

UNDECLARED = (STEP, LEDGER)


class AssetCheck(CheckBase):
    """A check that a stage's own run evaluates, by its name in Dagster."""

    kind: Literal["asset_check"]


Check = Annotated[AssetCheck | LiveCheck, Field(discriminator="kind")]
