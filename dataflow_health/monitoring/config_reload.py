"""The declared processes, read again when a file changes; a wrong file changes nothing."""

from collections.abc import Sequence
from pathlib import Path

from loguru import logger

from dataflow_health.config import BUILTIN_FOLDER, process_config
from dataflow_health.config.process_config import ProcessConfig
from dataflow_health.errors import ConfigError
from dataflow_health.settings import Settings


class ConfigReloader:
    """What is declared now.

    Attributes:
        current: The last set of files that was right.
        faults: What is wrong with the files as they lie there; empty when nothing is.
        version: Counts the sets that were right.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        """Reads the files.

        Raises:
            ConfigError: They are wrong, and there is nothing earlier to fall back on.
        """
        self._folders = tuple(folders)
        self._fingerprint = process_config.fingerprint(*self._folders)
        self.current: ProcessConfig = process_config.load(*self._folders)
        self.faults: tuple[str, ...] = ()
        self.version = 1

    def look(self) -> bool:
        """Reads the files again if any has changed, and tells whether it did."""
        try:
            fingerprint = process_config.fingerprint(*self._folders)
        except OSError:
            return False  # a file went while we looked; the next look sees the folder as it is
        if fingerprint == self._fingerprint:
            return False
        self._fingerprint = fingerprint
        try:
            self.current = process_config.load(*self._folders)
            self.faults = ()
            self.version += 1
            logger.info("declared files changed: {} processes now", len(self.current.processes))
        except ConfigError as error:
            self.faults = tuple(str(fault) for fault in error.issues)
            logger.error("declared files changed and are wrong, nothing is taken: {}", error)
        return True


def from_settings(chosen: Settings) -> ConfigReloader:
    """What the settings' folders declare: built in, then the operator's own."""
    return ConfigReloader((BUILTIN_FOLDER, *chosen.config_folders))
