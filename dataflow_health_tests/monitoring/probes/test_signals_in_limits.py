from collections.abc import Mapping
from datetime import timedelta

from dataflow_health.monitoring.probes.installation import load_settings
from dataflow_health.monitoring.probes.result import ProbeContext
from dataflow_health.storage.signals import crossings, points
from dataflow_health.storage.signals.crossings import CrossingRow
from dataflow_health.storage.signals.points import Point
from dataflow_health.storage.signals.signal_database import create_tables, to_us
from dataflow_health.storage.sql import database
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.monitoring.probes.probing import probe

CHECK = {"kind": "signals_in_limits"}


def test_an_open_crossing_fails_and_is_named_with_its_peak(environment: Mapping[str, str]) -> None:
    url = load_settings(ProbeContext(NOON, 1.0, environment)).telemetry_url.get_secret_value()
    assert probe(CHECK, environment).detail == "no live signal was received yet"
    engine = database.connect(url)
    create_tables(engine)
    assert probe(CHECK, environment).detail == "no limit of a live signal is declared"
    at_us = to_us(NOON)
    points.append(engine, points.signal_ids(engine), [Point("a", at_us, 1.0)], at_us)
    rows = [
        CrossingRow(name, at_us, at_us, 22.5, severity, "", "v", is_open=True)
        for name, severity in (("wave_high", "alert"), ("noise", "info"))
    ]
    crossings.save(engine, rows, at_us)
    failed = probe(CHECK, environment)
    assert failed.outcome == "failed"
    assert failed.detail == (
        f"limits crossed: 1: wave_high (alert since {NOON:%H:%M:%S} UTC, peak 22.5)"
    )
    crossings.save(engine, [], at_us)
    assert probe(CHECK, environment).outcome == "passed"
    late_us = to_us(NOON + timedelta(minutes=2))
    points.append(engine, points.signal_ids(engine), [Point("a", late_us, 1.0)], late_us)
    assert probe(CHECK, environment).outcome == "unknown"
    engine.dispose()
