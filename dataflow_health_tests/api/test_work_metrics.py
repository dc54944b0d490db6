from datetime import timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry

from dataflow_health.api.work_metrics import WorkCollector
from dataflow_health.storage.ledger import ledger
from dataflow_health_tests.factories import DAY, NOON, dependencies
from dataflow_health_tests.storage.ledger.factories import finished, recordings


def test_the_histograms_grow_by_what_stages_finish(tmp_path: Path) -> None:
    engine = dependencies(tmp_path).engine
    one, two = recordings(engine, 2)
    registry, at = CollectorRegistry(), NOON
    collector = WorkCollector(engine, lambda: at)
    registry.register(collector)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"dataflow_health_{name}", labels)

    assert value("stage_items_total", stage="parse", state="done") == 0.0
    assert value("landing_to_results_seconds_count") == 0.0
    at = NOON + timedelta(seconds=40)
    done = [finished(each, at) for each in (one, two)]
    ledger.finish(engine, "parse", DAY, "run", done)
    ledger.finish(engine, "load", DAY, "run", done[:1])
    assert value("stage_items_total", stage="parse", state="done") == 2.0
    assert value("stage_seconds_sum", stage="parse") == 80.0
    assert value("stage_seconds_bucket", stage="parse", le="30.0") == 0.0
    assert value("stage_seconds_bucket", stage="parse", le="60.0") == 2.0
    assert value("landing_to_results_seconds_count") == 1.0


def test_while_the_ledger_is_away_the_histograms_stay(tmp_path: Path) -> None:
    deps = dependencies(tmp_path)
    registry = CollectorRegistry()
    registry.register(WorkCollector(deps.engine, lambda: NOON))
    (tmp_path / "ledger.sqlite").rename(tmp_path / "moved")
    deps.engine.dispose()
    (tmp_path / "ledger.sqlite").mkdir()
    assert (
        registry.get_sample_value("dataflow_health_stage_seconds_count", {"stage": "parse"}) == 0.0
    )
