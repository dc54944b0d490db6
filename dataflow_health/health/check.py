"""What can be asserted about a process, told apart by ``kind``.

``asset_check`` is answered by the pipeline's own runs; every other kind is live.
"""

from typing import Annotated, Literal

from pydantic import Field

from dataflow_health.health.frozen_model import CheckBase
from dataflow_health.health.live_check import LiveCheck

STEP = "step"
"""A check every stage has without declaring it: its own run ended well."""

LEDGER = "ledger"
"""A check every stage has without declaring it: its counts add up, and nothing is in quarantine."""

UNDECLARED = (STEP, LEDGER)


class AssetCheck(CheckBase):
    """A check that a stage's own run answers, by the name it has in Dagster."""

    kind: Literal["asset_check"]


Check = Annotated[AssetCheck | LiveCheck, Field(discriminator="kind")]
