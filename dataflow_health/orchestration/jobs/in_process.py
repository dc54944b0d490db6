"""Pipeline runs in this process, recorded by the persistent Dagster instance; used by ``run``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dagster as dg

from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.orchestration.partitions import add_days
from dataflow_health.orchestration.stage_run import SCOPE_TAG
from dataflow_health.stages import analyse
from dataflow_health.storage.ledger.stage_order import STAGES

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Run configuration without console output; the instance stores the events for the UI."""


@dataclass(frozen=True, slots=True)
class RunScope:
    """Part of the pipeline to run.

    Attributes:
        stage: The only stage; empty for all.
        tail: The only aircraft; empty for all.
    """

    stage: str = ""
    tail: str = ""

    def selection(self, definitions: dg.Definitions) -> list[dg.AssetKey] | None:
        """Assets of the stage; None for all."""
        if not self.stage:
            return None
        graph = definitions.resolve_asset_graph()
        return sorted(dg.AssetSelection.groups(self.stage).resolve(graph))

    def run_config(self) -> dict[str, object]:
        """Configuration of the run: quiet, and with the aircraft for each stage that runs."""
        stages = [self.stage] if self.stage else STAGES
        form = {"config": {"tail": self.tail}}
        ops = {_op_name(stage): form for stage in stages} if self.tail else {}
        return {**_QUIET, "ops": ops}


def _op_name(stage: str) -> str:
    """Name of the op of a stage; analyse is one op of many assets, which has the stage's name."""
    return stage if stage == analyse.STAGE else STAGE_KEYS[stage].to_python_identifier()


def run_days(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    days: Sequence[str],
    begun: Callable[[str], None],
    scope: RunScope = RunScope(),
) -> list[str]:
    """Runs the pipeline for several arrival days, one after the other.

    Args:
        definitions: Definitions that contain the job ``pipeline``.
        instance: Instance that records the runs.
        days: Arrival days, in the order of the runs.
        begun: Called with each day before its run starts.
        scope: Part of the pipeline to run.

    Returns:
        The days whose run failed.
    """
    add_days(instance, list(days))
    job = definitions.resolve_job_def("pipeline")
    selection = scope.selection(definitions)
    failed = []
    for day in days:
        begun(day)
        result = job.execute_in_process(
            instance=instance,
            partition_key=day,
            raise_on_error=False,
            run_config=scope.run_config(),
            asset_selection=selection,
            tags={SCOPE_TAG: "dataflow-health"},
        )
        failed += [] if result.success else [day]
    return failed


def pay_owed(definitions: dg.Definitions, instance: dg.DagsterInstance) -> bool:
    """Runs the job ``owed``; returns whether every arrival day ended well.

    Args:
        definitions: Definitions that contain the job.
        instance: Instance that records the run.
    """
    result = definitions.resolve_job_def("owed").execute_in_process(
        instance=instance,
        raise_on_error=False,
        run_config=_QUIET,
        tags={SCOPE_TAG: "dataflow-health"},
    )
    return result.success
