from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.observation import Evidence
from dataflow_health.health.problem import QuarantineCount, find_problems, fingerprint
from dataflow_health_tests.health.factories import (
    DAY,
    NOON,
    ago,
    all_passed,
    chain,
    make_counts,
    make_observation,
)


def causes(*seen, tallies=()):
    return find_problems(evaluate(chain(), seen, NOON), tallies)


def refused(count, reason="no_sync", tail="HB-ZAA"):
    return tuple(
        Evidence(stage="first", reason=reason, tail=tail, recording_id=f"{reason}{n}")
        for n in range(count)
    )


def failing(*evidence, process="first", **more):
    return make_observation(process, "good", "failed", arrival_day=DAY, evidence=evidence, **more)


def test_nothing_red_is_no_trouble():
    assert causes(*all_passed()) == ()


def test_one_check_with_two_reasons_is_two_causes():
    found = causes(*all_passed(first=failing(*refused(3), *refused(2, "wrong_frame_rate"))))
    assert {(t.cause, t.failures) for t in found} == {("no_sync", 3), ("wrong_frame_rate", 2)}
    assert len({t.fingerprint for t in found}) == 2


def test_more_of_the_same_cause_has_the_same_fingerprint():
    one = causes(*all_passed(first=failing(*refused(1))))
    many = causes(*all_passed(first=failing(*refused(9, tail="HB-ZAB"))))
    assert one[0].fingerprint == many[0].fingerprint == fingerprint("first", "good", "no_sync")
    assert len(many[0].examples) == 5


def test_the_ledger_counts_what_cards_only_exemplify():
    tally = QuarantineCount(
        process="first", reason="no_sync", failures=600, tails=("HB-ZAA", "HB-ZAZ")
    )
    (found,) = causes(*all_passed(first=failing(*refused(1))), tallies=[tally])
    assert (found.failures, found.tails) == (600, ("HB-ZAA", "HB-ZAZ"))


def test_what_waits_for_a_cause_is_counted_with_it_and_is_no_trouble_of_its_own():
    down = make_observation("service", "answers", "failed", detail="refused")
    waiting = make_counts("second", incoming=4, in_flight=4)
    (found,) = causes(*all_passed(service=down), waiting)
    assert (found.process, found.cause) == ("service", "failed")
    assert [(held.process, held.things) for held in found.blocked] == [("second", 4), ("third", 4)]


def test_what_is_in_quarantine_is_told_by_the_check_that_names_it_and_not_again_by_the_count():
    counts = make_counts("first", incoming=3, quarantined=3, data_at=ago(hours=1))
    tally = QuarantineCount(process="first", reason="no_sync", failures=3)
    found = causes(*all_passed(first=failing(*refused(3))), counts, tallies=[tally])
    assert [(t.check, t.cause) for t in found] == [("good", "no_sync")]


def test_what_no_check_names_is_told_by_the_count():
    counts = make_counts("first", incoming=3, done=1, quarantined=1, data_at=ago(hours=1))
    tally = QuarantineCount(process="first", reason="odd", failures=1)
    found = causes(*all_passed(), counts, tallies=[tally])
    assert {(t.check, t.cause) for t in found} == {("ledger", "odd"), ("ledger", "unaccounted")}


def test_a_warning_stays_one():
    (found,) = causes(*all_passed(first=failing(*refused(1), severity="warning")))
    assert found.severity == "warning"
