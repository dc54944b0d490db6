"""Ten million samples thinned out to the width of a plot, in three ways.

``python -m benchmarks.thinning`` prints milliseconds of CPU (median of seven, in turn) and the
share of the plot's columns that still show the highest sample they stand for. All may keep four
samples a column of pixels.
"""

import statistics
import time
from collections.abc import Callable, Mapping

import click
import numpy as np
from tsdownsample import MinMaxLTTBDownsampler

from benchmarks.series import WIDTH_PX
from dataflow_health.flight.downsample import Floats, keep_extremes_of_known

SAMPLES = 10_000_000
SPIKE_EVERY = 150_000
"""One sample in so many is much higher: what a finding is made of, and a plot must show."""
TIMES = 7

Thin = Callable[[], Floats]
"""Returns the kept values."""


def main() -> None:
    """Prints the table."""
    at_s, values = made()
    click.echo("| thinned out by | CPU | columns with their highest sample | spikes |")
    click.echo("| --- | --- | --- | --- |")
    ways = thinners(at_s, values)
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(TIMES):
        for name, thin in ways.items():
            begun_s = time.process_time()
            thin()
            costs[name].append(1000 * (time.process_time() - begun_s))
    for name, thin in ways.items():
        kept = np.unique(thin())
        columns, spikes = shown(values, kept)
        cost_ms = statistics.median(costs[name])
        click.echo(f"| {name} | {cost_ms:.1f} ms | {columns:.1%} | {spikes:.1%} |")


def made() -> tuple[Floats, Floats]:
    """Times and values: noise around a slow wave, with spikes of one sample."""
    at_s = np.arange(SAMPLES, dtype=np.float64) / 256
    values = 100 + 3 * np.sin(at_s / 900) + np.random.default_rng(15).normal(0, 0.4, SAMPLES)
    values[7::SPIKE_EVERY] += 9
    return at_s, values


def thinners(at_s: Floats, values: Floats) -> Mapping[str, Thin]:
    """The ways by name: what plots use, and the two others that are often used."""
    budget = 4 * WIDTH_PX
    return {
        "M4": lambda: keep_extremes_of_known(at_s, values, WIDTH_PX)[1],
        "MinMaxLTTB": lambda: values[
            MinMaxLTTBDownsampler().downsample(  # type: ignore[no-untyped-call]
                at_s, values, n_out=budget
            )
        ],
        "every nth sample": lambda: values[:: SAMPLES // budget],
    }


def shown(values: Floats, kept: Floats) -> tuple[float, float]:
    """Share of the columns, and of the spikes, whose highest sample is among those kept."""
    spikes = values[7::SPIKE_EVERY]
    highest = np.array([part.max() for part in np.array_split(values, WIDTH_PX)])
    return float(np.isin(highest, kept).mean()), float(np.isin(spikes, kept).mean())


if __name__ == "__main__":
    main()
