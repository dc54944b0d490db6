from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from dataflow_health.monitoring.probes.installation import load_settings
from dataflow_health.monitoring.probes.result import ProbeContext
from dataflow_health.storage.signals import points
from dataflow_health.storage.signals.points import Point
from dataflow_health.storage.signals.signal_database import create_tables, to_us
from dataflow_health.storage.sql import database
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.monitoring.probes.probing import probe

CHECK = {"kind": "signals_arrive", "at_most": "PT1M", "forgotten_after": "P1D"}


def test_a_signal_that_fell_silent_is_named_until_it_is_forgotten(
    environment: Mapping[str, str],
) -> None:
    chosen = load_settings(ProbeContext(NOON, 1.0, environment))
    url = chosen.telemetry_url.get_secret_value()
    assert probe(CHECK, environment).outcome == "passed"
    assert not Path(url.removeprefix("sqlite:///")).exists()
    engine = database.connect(url)
    create_tables(engine)
    assert probe(CHECK, environment).detail == "no live signal is awaited"
    ids = points.signal_ids(engine)
    for name, at in (("a", NOON), ("b", NOON + timedelta(minutes=5))):
        points.append(engine, ids, [Point(name, to_us(NOON), 1.0)], to_us(at))
    engine.dispose()
    outcomes = {
        minutes: probe(CHECK, environment, now=NOON + timedelta(minutes=minutes))
        for minutes in (1, 5, 24 * 60 + 3, 24 * 60 + 9)
    }
    assert [each.outcome for each in outcomes.values()] == ["passed", "failed", "failed", "passed"]
    assert "silent for more than 1 min: 1: a" in outcomes[5].detail
    assert "signals of 1 " in outcomes[24 * 60 + 3].detail


def test_the_results_database_that_is_away_is_a_failure_of_its_own_check_only(
    environment: Mapping[str, str],
) -> None:
    away = "postgresql+psycopg://reader@127.0.0.1:1/results"
    shared = {**environment, "DATAFLOW_HEALTH_DATABASE_URL": away}
    shared.pop("DATAFLOW_HEALTH_TELEMETRY_URL", None)
    assert probe(CHECK, shared).outcome == "unknown"
    own = {**environment, "DATAFLOW_HEALTH_TELEMETRY_URL": away}
    assert probe(CHECK, own).outcome == "errored"
