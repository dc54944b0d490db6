"""Keeps the declared algorithms and versions in the ledger equal to the YAML files."""

from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.errors import ConfigError
from dataflow_health.monitoring.config_reload import ConfigReloader
from dataflow_health.storage.records import declared_algorithms, declared_versions

REPEAT_AFTER = timedelta(minutes=1)
"""Unchanged declarations are compared again: another process may have saved its own."""


class Declarations:
    """Saves the declared algorithms and versions when the YAML files change, and once a minute."""

    def __init__(self, config: ConfigReloader) -> None:
        """Saves nothing yet.

        Args:
            config: The configuration; its owner reloads it.
        """
        self._config = config
        self._read_version = self._saved_version = 0
        self._saved_at: datetime | None = None
        self._algorithms: dict[str, str] | None = None
        self._versions: declared_versions.Versions = {}

    def save_if_changed(self, engine: Engine, now: datetime) -> None:
        """Saves them when due; invalid files change nothing.

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
        if version != self._read_version:
            self._read()
            self._read_version = version
        if self._algorithms is not None:
            declared_algorithms.replace(engine, self._algorithms, now)
            declared_versions.replace(engine, self._versions, now)
        self._saved_version, self._saved_at = version, now

    def _read(self) -> None:
        from dataflow_health.stages.present_versions import present_versions  # pyarrow is slow

        try:
            catalogue = self._config.load_catalogue()
        except ConfigError as error:
            logger.error("the declared algorithms and versions stay as they were: {}", error)
            return
        self._algorithms = {name: each.version for name, each in catalogue.algorithms.items()}
        self._versions = present_versions(catalogue, self._config.tsv_codec)
