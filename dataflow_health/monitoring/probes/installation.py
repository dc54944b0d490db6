"""Settings, ledger, YAML files and canary result of this installation, for its self-checks."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health import settings
from dataflow_health.config import BUILTIN_FOLDER, yaml_files
from dataflow_health.config import catalogue as config
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.config.yaml_files import Fingerprint
from dataflow_health.errors import ConfigError
from dataflow_health.monitoring import canary_result
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.monitoring.probes.result import NotConfigured, ProbeContext
from dataflow_health.settings import Settings
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.sql import database, server_limits


def load_settings(context: ProbeContext) -> Settings:
    """Settings from the environment variables of the probe."""
    return settings.load(context.environment)


@contextmanager
def ledger(context: ProbeContext) -> Iterator[Engine]:
    """Database of the ledger on separate connections, which are closed afterwards.

    Raises:
        NotConfigured: The ledger has no tables yet: at the first start, a probe may come before
            them. Tables that are lost later make the whole ledger unreadable, which is FAILED.
    """
    chosen = load_settings(context)
    limits = server_limits.from_settings(chosen)
    engine = database.connect(chosen.database_url.get_secret_value(), limits)
    try:
        with database.reading(engine) as connection:
            if database.revision(connection) is None:
                raise NotConfigured("the ledger has no tables yet; the first start creates them")
        yield engine
    finally:
        engine.dispose()


def load_catalogue(context: ProbeContext) -> Catalogue:
    """The configuration in the current YAML files, parsed only when a file has changed.

    Raises:
        ConfigError: A file is invalid.
    """
    folders = _folders(context)
    return _catalogue(folders, yaml_files.fingerprint(*folders))


def valid_catalogue(context: ProbeContext) -> Catalogue:
    """The newest valid configuration, for checks of something else: one cause turns one check red.

    Raises:
        NotConfigured: A file is invalid, which the check ``configuration_loads`` reports, and no
            earlier configuration is known.
    """
    folders = _folders(context)
    try:
        _NEWEST[folders] = load_catalogue(context)
    except ConfigError as error:
        if folders not in _NEWEST:
            raise NotConfigured("a YAML file is invalid; see configuration_loads") from error
    return _NEWEST[folders]


def last_canary(context: ProbeContext) -> CanaryResult:
    """Result of the newest canary run.

    Raises:
        NotConfigured: No canary run has finished yet.
    """
    result = canary_result.read(Lake(load_settings(context).lake_url))
    if result is None:
        raise NotConfigured("no canary run has finished yet; the sensor first_canary starts one")
    return result


def _folders(context: ProbeContext) -> tuple[Path, ...]:
    return (BUILTIN_FOLDER, *load_settings(context).config_folders)


@functools.lru_cache(maxsize=2)
def _catalogue(folders: tuple[Path, ...], _fingerprint: Fingerprint) -> Catalogue:
    return config.load(*folders)


_NEWEST: dict[tuple[Path, ...], Catalogue] = {}
"""The newest valid configuration, by its folders: it stays in use while a file is invalid."""
