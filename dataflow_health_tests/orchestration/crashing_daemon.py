"""Definitions with the sensor of on call, for a daemon that is killed at one step of one round.

``DIES_AT`` names a file that holds the step; what dies there takes the file away first, so that it
happens once. The daemon and its code server, where sensors are evaluated, are killed together.
"""

import os
import signal
from pathlib import Path

import dagster as dg

from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors import alerts
from dataflow_health_tests import factories


def pause(step: str) -> None:
    """Kills all of the daemon's processes if this is the step."""
    dies_at = Path(os.environ["DIES_AT"])
    if dies_at.exists() and dies_at.read_text() == step:
        dies_at.unlink()
        os.killpg(os.getpgrp(), signal.SIGKILL)


defs = dg.Definitions(
    sensors=[alerts.sensor(factories.catalogue(), pause)],
    resources={"pipeline": PipelineResource()},
)
