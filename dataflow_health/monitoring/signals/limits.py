"""Compares live signals with the limits in the YAML, and saves what crosses them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.config import yaml_files
from dataflow_health.errors import ConfigError
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.monitoring.signals import crossings
from dataflow_health.storage.signals import crossings as stored
from dataflow_health.storage.signals import history
from dataflow_health.storage.signals.signal_database import to_us

FOLDER = "live_algorithms"
AHEAD_US = 60_000_000
"""How far ahead of this clock the clock of a producer may be."""
SAVE_EVERY_US = 10_000_000
"""How often the time of a comparison without a crossing is saved, for the check of the limits."""

Load = Callable[[], Mapping[str, Algorithm]]


class LimitComparison:
    """Limits of live signals, read again when a YAML file changes."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Reads nothing yet.

        Args:
            folders: The built-in folder of YAML, then the operator's own.
        """
        self._folders = tuple(folders)
        self._fingerprint: object = None
        self._algorithms: Mapping[str, Algorithm] = {}
        self._saved_us = 0

    def algorithms(self) -> Mapping[str, Algorithm]:
        """The limits by name, as the files are now."""
        self._reload_if_changed()
        return self._algorithms

    def __call__(self, engine: Engine, now: datetime) -> None:
        """Finds the crossings in the newest points and saves them.

        Raises:
            DatabaseError: The database of the signals does not answer.
        """
        self._reload_if_changed()
        now_us = to_us(now)
        names = {name for each in self._algorithms.values() for name in each.parameter_names}
        begin_us = to_us(now - crossings.span_of(self._algorithms))
        earlier = stored.find_open(engine)
        points = history.points_between(engine, sorted(names), begin_us, now_us + AHEAD_US)
        found = crossings.find(self._algorithms, points, earlier)
        if found or earlier or (names and now_us - self._saved_us >= SAVE_EVERY_US):
            stored.save(engine, found, now_us)
            self._saved_us = now_us

    def _reload_if_changed(self) -> None:
        try:
            files = yaml_files.fingerprint(*self._folders)
            has_limits = any(Path(path).parent.name == FOLDER for path, _, _ in files)
            if not has_limits or files != self._fingerprint:
                self._fingerprint = files
                self._algorithms = self._load() if has_limits else {}
        except ConfigError as error:
            logger.error("the limits of live signals stay as they were: {}", error)

    def _load(self) -> Mapping[str, Algorithm]:
        from dataflow_health.config import catalogue  # heavy, and most have no limits of signals

        return catalogue.load(*self._folders).live_algorithms
