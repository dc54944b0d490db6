from datetime import timedelta

from dataflow_health.diagram.nodes import (
    Folding,
    build_arrows,
    build_nodes,
    format_counts,
    format_status_counts,
    format_time,
)
from dataflow_health.health.observation import Counts
from dataflow_health.health.status import Status
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.health.factories import NOON


def test_failing_checks_are_separate_nodes_and_the_others_one_count() -> None:
    boxes = list(build_nodes(scenes.one_bad_recording(), Folding()))
    checks = [box for box in boxes if box.key[0] == "parse" and box.shape == "check"]
    assert [box.key for box in checks] == [
        ("parse", "frames_in_sync"), ("parse", "ledger"), ("parse", "checks", ""),
    ]  # fmt: skip
    assert checks[0].check == "frames_in_sync"
    assert checks[-1].lines == ("✓ 9 of 11 checks pass",)


def test_a_process_node_shows_status_start_counts_and_reason() -> None:
    boxes = list(build_nodes(scenes.database_down(), Folding()))
    (load,) = [box for box in boxes if box.key == ("load",)]
    assert load.status is Status.BLOCKED
    assert load.lines[0] == "‖ load"
    assert "12 in, 7 done, 5 in flight" in load.lines
    assert load.lines[-1].startswith("waits for results_database")


def test_arrows_from_a_failed_process_are_blocked() -> None:
    report = scenes.database_down()
    boxes = list(build_nodes(report, Folding()))
    arrows = {(a.tail, a.head): a.kind for a in build_arrows(report, boxes, Folding())}
    assert arrows[("results_database",), ("download",)] == "blocked"
    assert arrows[("spark",), ("ingest",)] == "data"


def test_counts_of_zero_are_omitted() -> None:
    counts = Counts(incoming=13, done=9, quarantined=2, in_flight=1)
    assert format_counts(counts) == ("13 in, 9 done, 1 in flight, 2 quarantined, 1 unaccounted for")


def test_statuses_are_counted_worst_first() -> None:
    statuses = [Status.HEALTHY, Status.FAILED, Status.HEALTHY, Status.STALE]
    assert format_status_counts(statuses) == "1 FAILED, 1 STALE, 2 HEALTHY"


def test_the_date_is_omitted_only_for_today() -> None:
    assert format_time(NOON) == "2026-11-20 12:00Z"
    assert format_time(NOON, today=NOON) == "12:00Z"
    assert format_time(NOON - timedelta(days=1), today=NOON) == "2026-11-19 12:00Z"
