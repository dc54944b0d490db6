"""Dagster's home folder, with the ``dagster.yaml`` of this project."""

import os
import shutil
from pathlib import Path

from dataflow_health.settings import Settings

_PACKAGE = Path(__file__).parents[1]


def prepare(settings: Settings) -> None:
    """Creates Dagster's home and the landing folder, and copies ``dagster.yaml`` unless it exists.

    Dagster reads that file only from ``DAGSTER_HOME``.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    if "://" not in settings.source_url:
        Path(settings.source_url).mkdir(parents=True, exist_ok=True)
    target = settings.dagster_home / "dagster.yaml"
    if not target.exists():
        part = target.with_suffix(f".{os.getpid()}.part")
        shutil.copyfile(shipped_config(), part)
        part.replace(target)


def shipped_config() -> Path:
    """Path of this project's ``dagster.yaml``.

    It stands in the package: Dagster warns about one in the folder that it is started in.
    """
    return _PACKAGE / "dagster.yaml"
