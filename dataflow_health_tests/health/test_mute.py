from datetime import timedelta

from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.mute import Mute, show_mutes
from dataflow_health_tests.health.factories import NOON, all_passed, chain, make_observation

RED = evaluate(chain(), all_passed(first=make_observation("first", "good", "failed")), NOON)
TICKET = "https://tickets.example/7"


def mute(**more):
    told = {"process": "first", "cause": "no_sync", "ticket": TICKET, "who": "anna"}
    return Mute.model_validate(told | {"until_at": NOON + timedelta(hours=1)} | more)


def test_a_mute_is_told_on_its_node_and_changes_no_status():
    report = show_mutes(RED, [mute()], NOON)
    first = report.find("first")
    assert first.reason.endswith("no_sync muted by anna until 2026-11-20 13:00Z")
    assert first.links["ticket of no_sync"] == TICKET
    assert [each.status for each in report.processes] == [each.status for each in RED.processes]
    assert report.find("second") == RED.find("second")


def test_an_expired_mute_is_not_drawn():
    assert show_mutes(RED, [mute(until_at=NOON)], NOON) == RED
