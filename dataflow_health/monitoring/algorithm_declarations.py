"""Keeps the declared algorithms in the ledger equal to the YAML files."""

from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.errors import ConfigError
from dataflow_health.monitoring.config_reload import ConfigReloader
from dataflow_health.storage.records import declared_algorithms

REPEAT_AFTER = timedelta(minutes=1)
"""Unchanged declarations are compared again: another process may have saved its own."""


class AlgorithmDeclarations:
    """Saves the declared algorithms of a configuration when it changes, and once a minute."""

    def __init__(self, config: ConfigReloader) -> None:
        """Saves nothing yet.

        Args:
            config: The configuration; its owner reloads it.
        """
        self._config = config
        self._saved_version = 0
        self._saved_at: datetime | None = None

    def save_if_changed(self, engine: Engine, now: datetime) -> None:
        """Saves the algorithms when due; invalid files change nothing.

        Args:
            engine: Database of the ledger.
            now: Evaluation time, UTC.

        Raises:
            DatabaseError: The database does not answer; the next call saves them.
        """
        version = self._config.version
        is_recent = self._saved_at is not None and now - self._saved_at < REPEAT_AFTER
        if version == self._saved_version and is_recent:
            return
        try:
            versions = self._config.algorithm_versions()
        except ConfigError as error:
            logger.error("the declared algorithms stay as they were: {}", error)
        else:
            declared_algorithms.replace(engine, versions, now)
        self._saved_version, self._saved_at = version, now
