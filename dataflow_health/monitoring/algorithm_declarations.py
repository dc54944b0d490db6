"""Keeps the declared algorithms in the ledger equal to the YAML files."""

from datetime import datetime

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.errors import ConfigError
from dataflow_health.monitoring.config_reload import ConfigReloader
from dataflow_health.storage.records import declared_algorithms


class AlgorithmDeclarations:
    """Saves the declared algorithms of a configuration once for each of its versions."""

    def __init__(self, config: ConfigReloader) -> None:
        """Saves nothing yet.

        Args:
            config: The configuration; its owner reloads it.
        """
        self._config = config
        self._saved_version = 0

    def save_if_changed(self, engine: Engine, now: datetime) -> None:
        """Saves the algorithms when the configuration changed; invalid files change nothing.

        Args:
            engine: Database of the ledger.
            now: Evaluation time, UTC.

        Raises:
            DatabaseError: The database does not answer; the next call saves them.
        """
        version = self._config.version
        if version == self._saved_version:
            return
        try:
            versions = self._config.algorithm_versions()
        except ConfigError as error:
            logger.error("the declared algorithms stay as they were: {}", error)
        else:
            declared_algorithms.replace(engine, versions, now)
        self._saved_version = version
