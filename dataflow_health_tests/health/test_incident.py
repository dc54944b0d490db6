from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.health.incident import CheckSample, Streak, step
from dataflow_health_tests.health.incidents import (
    MINUTE,
    NOON,
    CheckedOverTime,
    make_incident,
    make_problem,
)

ANSWERS = st.lists(st.sampled_from([None, 0, 0, 1, 2, 5]), max_size=40)
ROUNDS = st.integers(1, 4)


def test_it_opens_after_so_many_failures_in_a_row():
    watch = CheckedOverTime(opens_after=3)
    for failing in (1, 1, 0, 1, 1):
        assert watch.look(failing).incident is None
    assert watch.look(1).change == "opened"


def test_it_closes_after_so_many_passes_in_a_row_and_knows_how_long_it_lasted():
    watch = CheckedOverTime(closes_after=2)
    watch.look(1)
    watch.look(0)
    watch.look(1, after=timedelta(minutes=90))
    assert watch.look(0).incident.is_open
    ended = watch.look(0)
    assert ended.change == "recovered"
    assert ended.incident.resolution == "recovered"
    assert ended.incident.lasted(watch.now) == watch.now - NOON


def test_a_further_failure_joins_and_one_less_is_a_partial_recovery():
    watch = CheckedOverTime()
    watch.look(1)
    assert watch.look(5).change == "updated"
    fewer = watch.look(2)
    assert (fewer.change, fewer.incident.failures, fewer.incident.most_failures) == (
        "updated", 2, 5,
    )  # fmt: skip


def test_aircraft_that_ever_failed_stay_named():
    first = step(
        CheckSample(trouble=make_problem(tails=("HB-ZAA",)), answered_at=NOON), Streak(), None, NOON
    )
    at = NOON + MINUTE
    seen = CheckSample(trouble=make_problem(tails=("HB-ZAB",)), answered_at=at)
    second = step(seen, first.streak, first.incident, at)
    assert second.incident.tails == ("HB-ZAA", "HB-ZAB")


def test_an_answer_seen_twice_counts_once():
    watch = CheckedOverTime(opens_after=2)
    watch.look(1)
    again = CheckSample(trouble=make_problem(), answered_at=watch.now, opens_after=2)
    assert step(again, watch.streak, None, watch.now + MINUTE).incident is None


def test_coming_and_going_is_one_notice_and_a_warning():
    watch = CheckedOverTime()
    for failing in (1, 0, 1, 0, 1, 0, 1, 0):
        watch.look(failing)
    assert watch.changes.count("flapping") <= 1
    assert watch.incident.flapping
    assert watch.incident.level == "warning"
    heard = len(watch.changes)
    for failing in (1, 0) * 10:
        watch.look(failing)
    assert len(watch.changes) == heard


def test_what_flapped_ends_once_it_is_calm():
    watch = CheckedOverTime()
    for failing in (1, 0, 1, 0, 1, 0):
        watch.look(failing)
    for _ in range(19):
        assert watch.look(0).change == ""
    assert watch.look(0, after=2 * MINUTE).change == "recovered"


def test_what_flapped_and_stays_failed_is_loud_again():
    watch = CheckedOverTime()
    for failing in (1, 0, 1, 0, 1):
        watch.look(failing)
    assert watch.incident.level == "warning"
    watch.look(1, after=timedelta(minutes=21))
    assert (watch.incident.flapping, watch.incident.level) == (False, "error")


def test_a_mute_that_expires_comes_back():
    muted = make_incident(state="muted", muted_until=NOON + MINUTE)
    seen = CheckSample(trouble=make_problem(12), answered_at=NOON)
    assert step(seen, Streak(), muted, NOON).incident.state == "muted"
    back = step(seen, Streak(), muted, NOON + MINUTE)
    assert (back.change, back.incident.state) == ("unmuted", "open")


def test_what_a_person_resolved_opens_again_only_by_more_failures_or_after_a_pass():
    watch = CheckedOverTime()
    watch.look(3)
    watch.incident = None
    watch.streak = watch.streak.model_copy(update={"silenced": 3})
    assert watch.look(3).incident is None
    assert watch.look(4).change == "opened"
    watch.incident = None
    watch.streak = watch.streak.model_copy(update={"silenced": 4})
    watch.look(0)
    assert watch.look(1).change == "opened"


@given(ANSWERS, ROUNDS, ROUNDS)
def test_opened_and_recovered_take_turns_whatever_comes(answers, opens_after, closes_after):
    watch = CheckedOverTime(opens_after=opens_after, closes_after=closes_after)
    for failing in answers:
        watch.look(failing)
    turns = [change for change in watch.changes if change in ("opened", "recovered")]
    assert turns == (["opened", "recovered"] * len(turns))[: len(turns)]


@given(ANSWERS, ROUNDS, ROUNDS)
def test_without_flapping_it_is_open_exactly_as_a_simple_count_says(
    answers, opens_after, closes_after
):
    watch = CheckedOverTime(opens_after=opens_after, closes_after=closes_after)
    is_open, row = False, 0
    for failing in answers:
        watch.look(failing, after=timedelta(hours=1))
        if failing is not None:
            row = row + 1 if bool(failing) is not is_open else 0
        if row >= (closes_after if is_open else opens_after):
            is_open, row = not is_open, 0
        assert (watch.incident is not None) is is_open


@given(ANSWERS, ROUNDS, ROUNDS)
def test_looking_again_at_the_same_answer_changes_nothing(answers, opens_after, closes_after):
    watch = CheckedOverTime(opens_after=opens_after, closes_after=closes_after)
    for failing in answers:
        watch.look(failing)
        look = CheckSample(
            trouble=make_problem(failing) if failing else None,
            answered_at=None if failing is None else watch.now,
            opens_after=opens_after,
            closes_after=closes_after,
        )
        again = step(look, watch.streak, watch.incident, watch.now)
        if watch.incident is not None or again.change == "":
            assert (again.change, again.streak) == ("", watch.streak)


@given(st.lists(st.booleans(), max_size=120))
def test_however_fast_it_flips_few_messages_are_called_for(flips):
    watch = CheckedOverTime()
    for failing in flips:
        watch.look(int(failing), after=timedelta(seconds=10))
    assert len(watch.changes) <= 6
