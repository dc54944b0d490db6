"""``dataflow-health simulate --live``: send five live signals to an API."""

import itertools
import time

import click

from dataflow_health.cli.options import load_settings
from dataflow_health.clock import utc_now
from dataflow_health.simulator.signal_producer import SignalProducer
from dataflow_health.simulator.signal_waves import SOURCE, UNITS, signal_waves

SHORTEST_SLEEP_S = 0.05
NEVER_S = 1e9
"""Time after the start at which no producer runs any more."""


def send_live(url: str, rate_hz: float, duration_s: float | None, seed: int) -> None:
    """Sends samples until the duration is over or the command is interrupted.

    Args:
        url: URL of the API; the key is the setting ``api_key``.
        rate_hz: Samples a second.
        duration_s: Seconds to send for; None for no end.
        seed: Random seed of the signals.

    Raises:
        ApiError: The API refuses the samples.
    """
    from dataflow_health.client import Client

    key = load_settings().api_key.get_secret_value()
    started_at, sent = utc_now(), 0
    with Client(url, key) as api:
        waves = signal_waves(rate_hz, seed)
        last = None if duration_s is None else max(round(duration_s * rate_hz), 1)
        if last is not None:
            waves = itertools.chain(itertools.islice(waves, last), [(NEVER_S, {})])
        producer = SignalProducer(
            waves,
            lambda some: api.send_samples(*some, source=SOURCE, units=UNITS),
            started_at,
            seed,
        )
        click.echo(f"sending five signals to {url}, {rate_hz:g} samples a second; Ctrl+C ends")
        while last is None or sent < last:
            sent += producer.step(utc_now())
            time.sleep(max(SHORTEST_SLEEP_S, 1 / rate_hz / 4))
    click.echo(f"{sent} samples were acknowledged")
