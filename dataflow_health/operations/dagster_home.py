"""Dagster's own folder, with the ``dagster.yaml`` this project wants in it."""

import shutil
from pathlib import Path

from dataflow_health.settings import Settings

_HERE = Path(__file__).parents[1]


def prepare(chosen: Settings) -> None:
    """Makes Dagster's folder and puts our ``dagster.yaml`` there, unless the operator has his own.

    Dagster reads the file from ``DAGSTER_HOME`` only.
    """
    chosen.dagster_home.mkdir(parents=True, exist_ok=True)
    if "://" not in chosen.source_url:
        Path(chosen.source_url).mkdir(parents=True, exist_ok=True)
    target = chosen.dagster_home / "dagster.yaml"
    if not target.exists():
        shutil.copyfile(shipped_config(), target)


def shipped_config() -> Path:
    """The ``dagster.yaml`` of this project: beside the package, or inside it when installed."""
    installed = _HERE / "dagster.yaml"
    return installed if installed.exists() else _HERE.parent / "dagster.yaml"
