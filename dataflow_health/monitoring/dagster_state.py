"""Port: what monitoring reads of Dagster. Orchestration implements it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SensorTick:
    """The newest tick of a sensor.

    Attributes:
        sensor: Name of the sensor.
        at: Time of the tick, UTC; None when the sensor has never ticked.
        failed: Whether the tick raised an error.
        is_running: False for a sensor that was switched off.
    """

    sensor: str
    at: datetime | None
    failed: bool = False
    is_running: bool = True


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """A schedule, and the newest run of its job that has ended.

    Attributes:
        schedule: Name of the schedule, which is its job's.
        is_running: False for a schedule that was switched off.
        failed_run: Id of the newest ended run of the job if that failed, else empty.
    """

    schedule: str
    is_running: bool = True
    failed_run: str = ""


class DagsterState(Protocol):
    """Daemons, sensors and schedules of one Dagster instance."""

    def daemon_heartbeats(self) -> Mapping[str, datetime]:
        """Time of the newest heartbeat of each daemon, by daemon type.

        Raises:
            NotConfigured: There is no open Dagster instance.
        """
        ...

    def sensor_ticks(self) -> Sequence[SensorTick]:
        """The newest tick of every sensor that was ever on, those switched off included.

        Raises:
            NotConfigured: There is no open Dagster instance.
        """
        ...

    def scheduled_jobs(self) -> Sequence[ScheduledJob]:
        """Every schedule that was ever on, those switched off included.

        Raises:
            NotConfigured: There is no open Dagster instance.
        """
        ...


@dataclass(frozen=True, slots=True)
class DagsterSnapshot:
    """A :class:`DagsterState` as it was when it was read.

    Attributes:
        heartbeats: Time of the newest heartbeat of each daemon.
        ticks: The newest tick of every sensor that was ever on.
        schedules: Every schedule that was ever on.
    """

    heartbeats: Mapping[str, datetime]
    ticks: Sequence[SensorTick] = ()
    schedules: Sequence[ScheduledJob] = ()

    def daemon_heartbeats(self) -> Mapping[str, datetime]:
        """Time of the newest heartbeat of each daemon, by daemon type."""
        return self.heartbeats

    def sensor_ticks(self) -> Sequence[SensorTick]:
        """The newest tick of every sensor that was ever on."""
        return self.ticks

    def scheduled_jobs(self) -> Sequence[ScheduledJob]:
        """Every schedule that was ever on."""
        return self.schedules
