"""The declared processes, reloaded when a YAML file changes; invalid files change nothing."""

from collections.abc import Sequence
from pathlib import Path

from loguru import logger

from dataflow_health.config import BUILTIN_FOLDER, process_config
from dataflow_health.config.process_config import ProcessConfig
from dataflow_health.errors import ConfigError
from dataflow_health.settings import Settings


class ConfigReloader:
    """The newest valid configuration of some folders.

    Attributes:
        current: The newest valid configuration.
        faults: Errors in the current files; empty when they are valid.
        version: Number of valid configurations so far.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        """Reads the files.

        Raises:
            ConfigError: They are invalid, and there is no earlier configuration to keep.
        """
        self._folders = tuple(folders)
        self._fingerprint = process_config.fingerprint(*self._folders)
        self.current: ProcessConfig = process_config.load(*self._folders)
        self.faults: tuple[str, ...] = ()
        self.version = 1

    def look(self) -> bool:
        """Reads the files again if any has changed; whether one has."""
        try:
            fingerprint = process_config.fingerprint(*self._folders)
        except OSError:
            return False  # a file was removed meanwhile; the next call sees the folder as it is
        if fingerprint == self._fingerprint:
            return False
        self._fingerprint = fingerprint
        try:
            self.current = process_config.load(*self._folders)
            self.faults = ()
            self.version += 1
            logger.info(
                "the YAML files changed: {} processes are declared now", len(self.current.processes)
            )
        except ConfigError as error:
            self.faults = tuple(str(fault) for fault in error.issues)
            logger.error(
                "the YAML files changed and are invalid, the last valid ones stay in use: {}", error
            )
        return True


def from_settings(chosen: Settings) -> ConfigReloader:
    """A reloader of the built-in folder and the operator's own."""
    return ConfigReloader((BUILTIN_FOLDER, *chosen.config_folders))
