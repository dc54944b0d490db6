"""Mutes in the health report."""

from datetime import timedelta

from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.mute import Mute, show_mutes
from dataflow_health_tests.health.factories import NOON, all_passed, chain, make_observation

RED = evaluate(
    chain(), all_passed(first=make_observation("first", "good", "failed", link="http://x")), NOON
)
TICKET = "https://tickets.example/7"


def make_mute(**given):
    defaults = {"process": "first", "cause": "no_sync", "ticket": TICKET, "muted_by": "anna"}
    return Mute.model_validate(defaults | {"until_at": NOON + timedelta(hours=1)} | given)


def test_a_mute_is_shown_at_its_process_and_changes_no_status():
    report = show_mutes(RED, [make_mute()], NOON)
    before, after = RED.find("first"), report.find("first")
    assert after.reason == f"{before.reason}; no_sync muted by anna until 2026-11-20 13:00Z"
    assert after.links == {**before.links, "ticket of no_sync": TICKET}
    assert [each.status for each in report.processes] == [each.status for each in RED.processes]
    assert report.find("second") == RED.find("second")


def test_several_mutes_are_shown_in_the_order_of_their_expiry():
    later = make_mute(cause="crc_error", until_at=NOON + timedelta(hours=2), muted_by="ben")
    reason = show_mutes(RED, [later, make_mute()], NOON).find("first").reason
    assert reason.endswith(
        "no_sync muted by anna until 2026-11-20 13:00Z; "
        "crc_error muted by ben until 2026-11-20 14:00Z"
    )


def test_an_expired_mute_is_not_shown():
    assert show_mutes(RED, [make_mute(until_at=NOON)], NOON) == RED


def test_a_mute_of_an_unknown_process_changes_nothing():
    assert show_mutes(RED, [make_mute(process="gone")], NOON) == RED
