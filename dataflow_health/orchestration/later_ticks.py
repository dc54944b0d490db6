"""Lets Dagster's sensors tick again after the machine's clock was set back.

Dagster compares the time of a sensor's last tick with the clock. After the clock was set back by an
hour, no sensor would tick for an hour, also in a daemon that is started again.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
from loguru import logger

from dataflow_health.clock import utc_now

SENSOR = "SENSOR"


def forget(dagster_home: Path) -> None:
    """Changes the times of last ticks that are later than now to now.

    A daemon that runs may write them again.

    Args:
        dagster_home: Folder with a ``dagster.yaml``.
    """
    try:
        with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
            forget_in(instance, utc_now())
    except Exception as error:  # noqa: BLE001  (whatever an instance's YAML or storage raises)
        logger.error("the sensors' last ticks in {} cannot be changed: {}", dagster_home, error)


def forget_in(instance: dg.DagsterInstance, now: datetime) -> None:
    """As :func:`forget`, in an open instance at a given time, UTC."""
    for state in instance.all_instigator_state():
        data = state.instigator_data
        if state.instigator_type.value == SENSOR and data is not None:
            changed = _until(data, now.timestamp())
            if changed != data:
                instance.update_instigator_state(state.with_data(changed))


def _until(data: Any, now_s: float) -> Any:  # noqa: ANN401  (Dagster's class is not public)
    """The data of a sensor without a time later than now."""
    times = {name: at for name, at in data._asdict().items() if name.endswith("_timestamp") and at}
    return data._replace(**{name: min(at, now_s) for name, at in times.items()})
