"""When Dagster's daemons last beat, for probes in a process that need not wait for Dagster."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from loguru import logger

from dataflow_health.monitoring.probes.result import NotConfigured

if TYPE_CHECKING:
    from dagster import DagsterInstance


class Heartbeats:
    """Reads the heartbeats of one instance, once Dagster is imported, which takes seconds."""

    def __init__(self, dagster_home: Path) -> None:
        """Begins to open the instance beside whatever else goes on, if there is one."""
        self._instance: DagsterInstance | None = None
        self._home = dagster_home
        self._opening = Thread(target=self._open, name="heartbeats", daemon=True)
        if (dagster_home / "dagster.yaml").exists():
            self._opening.start()

    def wait(self) -> None:
        """Waits until the instance is open, or cannot be."""
        if self._opening.is_alive():
            self._opening.join()

    def __call__(self) -> Mapping[str, datetime]:
        """When each daemon last beat, by its type.

        Raises:
            NotConfigured: There is no instance, or it is not open yet.
        """
        if self._instance is None:
            raise NotConfigured(f"no Dagster instance is open in {self._home}")
        beats = self._instance.get_daemon_heartbeats()
        return {name: datetime.fromtimestamp(beat.timestamp, UTC) for name, beat in beats.items()}

    def _open(self) -> None:
        import dagster as dg

        try:
            self._instance = dg.DagsterInstance.from_config(str(self._home))
        except Exception as error:  # noqa: BLE001  (whatever an instance's YAML or storage raises)
            logger.error("cannot open the Dagster instance in {}: {}", self._home, error)
