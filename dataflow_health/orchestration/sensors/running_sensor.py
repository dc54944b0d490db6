"""The decorator of every sensor that runs from the start, without being switched on."""

from collections.abc import Callable
from typing import Any

import dagster as dg


def running_sensor(
    name: str,
    interval_s: int,
    description: str,
    job: Any = None,  # noqa: ANN401  (the type of an asset job is not public)
) -> Callable[[Callable[..., Any]], dg.SensorDefinition]:
    """Decorator that makes a function a sensor which is on by default.

    Args:
        name: Name of the sensor.
        interval_s: Shortest time between two ticks.
        description: Text that Dagster shows.
        job: Job that the sensor starts; None for a sensor without runs.
    """
    return dg.sensor(
        name=name,
        job=job,
        minimum_interval_seconds=interval_s,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )
