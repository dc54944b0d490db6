"""What is read from a Dagster instance: heartbeats, ticks, scheduled jobs, materialisations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from loguru import logger

from dataflow_health.clock import utc_now
from dataflow_health.monitoring.dagster_state import DagsterSnapshot, ScheduledJob, SensorTick
from dataflow_health.monitoring.probes.result import NotConfigured

CLOCKS_DIFFER = timedelta(minutes=1)
"""A tick that is later than this is from before the clock was set back: it shows nothing."""

if TYPE_CHECKING:
    from dagster import DagsterInstance


class InstanceState:
    """The state of an instance that is already open."""

    def __init__(self, instance: "DagsterInstance") -> None:
        """Reads nothing yet."""
        self._instance = instance

    def daemon_heartbeats(self) -> Mapping[str, datetime]:
        """Time of the newest heartbeat of each daemon, by daemon type."""
        beats = self._instance.get_daemon_heartbeats()
        return {name: datetime.fromtimestamp(beat.timestamp, UTC) for name, beat in beats.items()}

    def sensor_ticks(self) -> Sequence[SensorTick]:
        """The newest tick of every sensor that was ever on; none in an instance without ticks."""
        return [
            replace(self._newest_tick(state), is_running=state.is_running)
            for state in self._instigators("SENSOR")
        ]

    def scheduled_jobs(self) -> Sequence[ScheduledJob]:
        """Every schedule that was ever on; none in an instance without ticks."""
        return [
            ScheduledJob(
                state.instigator_name, state.is_running, self._failed_run(state.instigator_name)
            )
            for state in self._instigators("SCHEDULE")
        ]

    def materialised_at(self, processes: Iterable[str]) -> Mapping[str, datetime]:
        """Time of the newest materialisation of the processes' assets that have one."""
        from dataflow_health.orchestration.asset_keys import process_key

        by_key = {process_key(name): name for name in processes}
        found = (each.asset_entry for each in self._instance.get_asset_records(list(by_key)))
        return {
            by_key[each.asset_key]: datetime.fromtimestamp(event.timestamp, UTC)
            for each in found
            if (event := each.last_materialization)
        }

    def snapshot(self) -> DagsterSnapshot:
        """The present state, for threads that outlive the instance."""
        return DagsterSnapshot(self.daemon_heartbeats(), self.sensor_ticks(), self.scheduled_jobs())

    def _instigators(self, kind: str) -> list[Any]:
        """States of Dagster's sensors or schedules; none in an instance without their storage."""
        if self._instance.schedule_storage is None:
            return []
        states = self._instance.all_instigator_state()
        return [state for state in states if state.instigator_type.value == kind]

    def _failed_run(self, job: str) -> str:
        """Id of a job's newest ended run if that failed, else empty."""
        from dagster import DagsterRunStatus, RunsFilter

        ended = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE]
        runs = self._instance.get_runs(RunsFilter(job_name=job, statuses=ended), limit=1)
        return next((run.run_id for run in runs if run.status == DagsterRunStatus.FAILURE), "")

    def _newest_tick(self, state: Any) -> SensorTick:  # noqa: ANN401  (its class is not public)
        before_s = (utc_now() + CLOCKS_DIFFER).timestamp()
        ids = (state.instigator_origin_id, state.selector_id)
        ticks = self._instance.get_ticks(*ids, before=before_s, limit=1)
        at_s = max(_last_start_s(state, before_s), *(tick.timestamp for tick in ticks), 0.0)
        return SensorTick(
            state.instigator_name,
            datetime.fromtimestamp(at_s, UTC) if at_s else None,
            failed=any(tick.status.value == "FAILURE" for tick in ticks),
        )


def _last_start_s(state: Any, before_s: float) -> float:  # noqa: ANN401
    """When the last tick began; after the clock was set back, ``later_ticks`` changes it to now."""
    at_s = getattr(state.instigator_data, "last_tick_start_timestamp", None) or 0.0
    return at_s if at_s <= before_s else 0.0


class HomeInstanceState:
    """The state of the instance in a folder, opened in the background: importing Dagster is slow.

    Until the instance is open, and when there is none, reading raises NotConfigured.
    """

    def __init__(self, dagster_home: Path) -> None:
        """Starts to open the instance, if the folder has one."""
        self._state: InstanceState | None = None
        self._home = dagster_home
        self._opening = Thread(target=self._open, name="open Dagster instance", daemon=True)
        if (dagster_home / "dagster.yaml").exists():
            self._opening.start()

    def wait(self) -> None:
        """Blocks until the instance is open or has failed to open."""
        if self._opening.is_alive():
            self._opening.join()

    def daemon_heartbeats(self) -> Mapping[str, datetime]:
        """Time of the newest heartbeat of each daemon, by daemon type.

        Raises:
            NotConfigured: There is no open Dagster instance.
        """
        return self._require_state().daemon_heartbeats()

    def sensor_ticks(self) -> Sequence[SensorTick]:
        """The newest tick of every sensor that was ever on.

        Raises:
            NotConfigured: There is no open Dagster instance.
        """
        return self._require_state().sensor_ticks()

    def scheduled_jobs(self) -> Sequence[ScheduledJob]:
        """Every schedule that was ever on.

        Raises:
            NotConfigured: There is no open Dagster instance.
        """
        return self._require_state().scheduled_jobs()

    def _require_state(self) -> InstanceState:
        if self._state is None:
            raise NotConfigured(f"no Dagster instance is open in {self._home}")
        return self._state

    def _open(self) -> None:
        import dagster as dg

        from dataflow_health.orchestration import instance_storage

        try:
            instance_storage.create(self._home)
            self._state = InstanceState(dg.DagsterInstance.from_config(str(self._home)))
        except Exception as error:  # noqa: BLE001  (whatever an instance's YAML or storage raises)
            logger.error("cannot open the Dagster instance in {}: {}", self._home, error)
