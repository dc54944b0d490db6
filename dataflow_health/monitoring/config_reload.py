"""Reloads the configuration when a YAML file changes; keeps the last valid one."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from dataflow_health.config import BUILTIN_FOLDER, process_config, yaml_files
from dataflow_health.config.process_config import ProcessConfig
from dataflow_health.errors import ConfigError
from dataflow_health.settings import Settings

if TYPE_CHECKING:
    from dataflow_health.config.catalogue import Catalogue


class ConfigReloader:
    """The newest valid configuration of several folders.

    Attributes:
        current: The newest valid configuration.
        errors: Errors in the current files; empty when they are valid.
        version: Number of valid configurations so far.
        tsv_codec: Compression of the TSV files; it is part of the version of store.
    """

    def __init__(self, folders: Sequence[Path], tsv_codec: str = "zst") -> None:
        """Loads the YAML files of the folders.

        Args:
            folders: The built-in folder, then the operator's own.
            tsv_codec: Compression of the TSV files, as the settings have it.

        Raises:
            ConfigError: A file is invalid; there is no earlier configuration to keep.
        """
        self._folders = tuple(folders)
        self.tsv_codec = tsv_codec
        self._fingerprint = yaml_files.fingerprint(*self._folders)
        self.current: ProcessConfig = process_config.load(*self._folders)
        self.errors: tuple[str, ...] = ()
        self.version = 1

    def load_catalogue(self) -> "Catalogue":
        """Everything declared in the files as they are now.

        Raises:
            ConfigError: A YAML file is invalid.
        """
        from dataflow_health.config import catalogue

        return catalogue.load(*self._folders)

    def reload_if_changed(self) -> bool:
        """Loads the files again when one has changed; returns whether one had."""
        try:
            fingerprint = yaml_files.fingerprint(*self._folders)
        except ConfigError:
            fingerprint = ()  # a folder that cannot be listed; loading it says why
        if fingerprint == self._fingerprint:
            return False
        self._fingerprint = fingerprint
        try:
            self.current = process_config.load(*self._folders)
            self.errors = ()
            self.version += 1
            logger.info(
                "reloaded the changed YAML files: {} processes are declared",
                len(self.current.processes),
            )
        except ConfigError as error:
            self.errors = tuple(str(issue) for issue in error.issues)
            logger.error(
                "the changed YAML files are invalid; the last valid configuration stays in use: {}",
                error,
            )
        return True


def from_settings(chosen: Settings) -> ConfigReloader:
    """A reloader for the built-in folder and the operator's own folder."""
    return ConfigReloader((BUILTIN_FOLDER, *chosen.config_folders), chosen.tsv_codec)
