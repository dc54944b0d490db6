"""Opening, growing, flapping and closing of one incident."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.alerting.incident_lifecycle import (
    FLAP_WINDOW,
    STABLE_AFTER,
    CheckSample,
    Step,
    count,
    step,
)
from dataflow_health.health.incident import Incident, Streak
from dataflow_health_tests.health.incident_factories import (
    MINUTE,
    NOON,
    make_incident,
    make_problem,
)

FAILURES = st.lists(st.sampled_from([None, 0, 0, 1, 2, 5]), max_size=40)
"""Failing items of consecutive samples; 0 is a pass, None an inconclusive result."""
REQUIRED = st.integers(1, 4)


class SampledCause:
    """One cause, sampled again and again."""

    def __init__(
        self, *, opens_after: int = 1, closes_after: int = 1, quarantined: bool = False
    ) -> None:
        self.opens_after, self.closes_after = opens_after, closes_after
        self.quarantined = quarantined
        self.now = NOON
        self.streak = Streak()
        self.incident: Incident | None = None
        self.changes: list[str] = []

    def make_sample(self, failures: int | None) -> CheckSample:
        return CheckSample(
            problem=make_problem(failures, quarantined=self.quarantined) if failures else None,
            checked_at=None if failures is None else self.now,
            opens_after=self.opens_after,
            closes_after=self.closes_after,
        )

    def add(self, failures: int | None, *, after: timedelta = MINUTE) -> Step:
        """Adds a sample with so many failing items."""
        self.now += after
        result = step(self.make_sample(failures), self.streak, self.incident, self.now)
        self.streak = result.streak
        is_open = result.incident is not None and result.incident.is_open
        self.incident = result.incident if is_open else None
        if result.change not in ("", "updated"):
            self.changes.append(result.change)
        return result


def test_an_incident_opens_after_n_consecutive_failures():
    cause = SampledCause(opens_after=3)
    for failures in (1, 1, 0, 1, 1):
        assert cause.add(failures).incident is None
    assert cause.add(1).change == "opened"


def test_a_new_incident_holds_its_problem_and_the_start_of_the_failure():
    problem = make_problem(3, since=NOON - 5 * MINUTE)
    opened = step(CheckSample(problem=problem, checked_at=NOON), Streak(), None, NOON).incident
    assert opened == Incident(
        problem=problem, max_failures=3, opened_at=NOON - 5 * MINUTE, updated_at=NOON
    )


def test_an_incident_never_opens_in_the_future():
    for since in (NOON + MINUTE, None):
        sample = CheckSample(problem=make_problem(since=since), checked_at=NOON)
        assert step(sample, Streak(), None, NOON).incident.opened_at == NOON


def test_an_incident_closes_after_m_consecutive_passes_and_knows_its_duration():
    cause = SampledCause(closes_after=2)
    cause.add(1)
    cause.add(0)
    cause.add(1, after=timedelta(minutes=90))
    assert cause.add(0).incident.is_open
    closed = cause.add(0)
    assert closed.change == "recovered"
    assert closed.incident.resolution == "recovered"
    assert closed.incident.state == "resolved"
    assert closed.incident.problem.failures == 0
    assert (closed.incident.closed_at, closed.incident.updated_at) == (cause.now, cause.now)
    assert closed.incident.duration(cause.now) == cause.now - NOON


def test_more_failures_join_the_incident_and_fewer_are_a_partial_recovery():
    cause = SampledCause()
    cause.add(1)
    assert cause.add(5).change == "updated"
    fewer = cause.add(2)
    assert fewer.change == "updated"
    assert fewer.incident.problem.failures == 2
    assert fewer.incident.max_failures == 5
    assert fewer.incident.updated_at == cause.now


def test_a_sample_with_the_same_problem_changes_nothing():
    cause = SampledCause()
    opened = cause.add(1).incident
    assert cause.add(1) == Step(streak=cause.streak, incident=opened)


def test_aircraft_and_days_accumulate_over_the_life_of_an_incident():
    day = NOON.date()
    first = make_problem(tails=("HB-ZAB",), days=(day,))
    then = make_problem(tails=("HB-ZAA",), days=(day - timedelta(days=1),), since=NOON + MINUTE)
    opened = step(CheckSample(problem=first, checked_at=NOON), Streak(), None, NOON)
    at = NOON + MINUTE
    grown = step(CheckSample(problem=then, checked_at=at), opened.streak, opened.incident, at)
    problem = grown.incident.problem
    assert problem.tails == ("HB-ZAA", "HB-ZAB")
    assert problem.days == (day - timedelta(days=1), day)
    assert problem.since == first.since


def test_a_result_that_was_counted_before_counts_once():
    cause = SampledCause(opens_after=2)
    cause.add(1)
    again = CheckSample(problem=make_problem(), checked_at=cause.now, opens_after=2)
    assert step(again, cause.streak, None, cause.now + MINUTE).incident is None


def test_a_streak_counts_failures_and_passes_in_turn():
    failed = CheckSample(problem=make_problem(), checked_at=NOON)
    after_failure = count(failed, Streak(passing=2), NOON)
    assert after_failure == Streak(failing=1, checked_at=NOON, flipped_at=(NOON,))
    later = NOON + MINUTE
    passed = CheckSample(problem=None, checked_at=later)
    assert count(passed, after_failure, later) == Streak(
        passing=1, checked_at=later, flipped_at=(NOON, later)
    )


def test_a_flip_is_forgotten_after_the_flap_window():
    streak = Streak(flipped_at=(NOON, NOON + MINUTE))
    inconclusive = CheckSample(problem=None, checked_at=None)
    at_window = count(inconclusive, streak, NOON + FLAP_WINDOW)
    assert at_window.flipped_at == (NOON + MINUTE,)
    before = count(inconclusive, streak, NOON + FLAP_WINDOW - timedelta(seconds=1))
    assert before == streak


def test_alternating_results_are_one_flapping_incident_of_severity_warning():
    cause = SampledCause()
    for failures in (1, 0, 1, 0, 1, 0, 1, 0):
        cause.add(failures)
    assert cause.changes.count("flapping") <= 1
    assert cause.incident.flapping
    assert cause.incident.flap_count == 1
    assert cause.incident.effective_severity == "warning"
    changes = len(cause.changes)
    for failures in (1, 0) * 10:
        cause.add(failures)
    assert len(cause.changes) == changes


def test_an_outage_that_comes_back_once_is_two_incidents_with_their_ends():
    cause = SampledCause()
    for failures in (0, 1, 0, 1, 0):
        cause.add(failures)
    assert cause.changes == ["opened", "recovered", "opened", "recovered"]


def test_items_that_are_refused_and_written_off_again_and_again_do_not_flap():
    cause = SampledCause(quarantined=True)
    for failures in (1, 0) * 5:
        cause.add(failures)
    assert cause.changes == ["opened", "recovered"] * 5


def test_an_open_incident_starts_to_flap_with_the_fifth_flip():
    cause = SampledCause(closes_after=3)
    results = [cause.add(failures).change for failures in (0, 1, 0, 1, 0, 1)]
    assert results == ["", "opened", "", "", "", "flapping"]
    assert (cause.incident.flapping, cause.incident.flap_count) == (True, 1)


def test_flaps_open_an_incident_before_the_failures_in_a_row_do():
    cause = SampledCause(opens_after=4)
    for failures in (0, 1, 0, 1, 0):
        assert cause.add(failures).incident is None
    opened = cause.add(1)
    assert opened.change == "opened"
    assert (opened.incident.flapping, opened.incident.flap_count) == (True, 1)


def test_a_flapping_incident_closes_once_it_is_stable():
    cause = SampledCause()
    for failures in (0, 1, 0, 1, 0, 1, 0):
        cause.add(failures)
    for _ in range(19):
        assert cause.add(0).change == ""
    assert cause.add(0, after=2 * MINUTE).change == "recovered"


def test_an_incident_is_stable_exactly_after_the_stable_time():
    incident = make_incident(flapping=True)
    streak = Streak(passing=3, flipped_at=(NOON,), checked_at=NOON)
    passed = CheckSample(problem=None, checked_at=NOON + STABLE_AFTER)
    earlier = NOON + STABLE_AFTER - timedelta(seconds=1)
    assert step(passed, streak, incident, earlier).incident.is_open
    assert step(passed, streak, incident, NOON + STABLE_AFTER).change == "recovered"


def test_an_incident_that_recovers_does_not_flap_any_more():
    passed = CheckSample(problem=None, checked_at=NOON)
    closed = step(passed, Streak(passing=1), make_incident(flapping=True), NOON)
    assert closed.change == "recovered"
    assert not closed.incident.flapping


def test_an_incident_that_flapped_and_stays_failed_is_an_error_again():
    cause = SampledCause()
    for failures in (0, 1, 0, 1, 0, 1):
        cause.add(failures)
    assert cause.incident.effective_severity == "warning"
    cause.add(1, after=timedelta(minutes=21))
    assert not cause.incident.flapping
    assert cause.incident.effective_severity == "error"


def test_an_expired_mute_opens_the_incident_again():
    muted = make_incident(state="muted", muted_until=NOON + MINUTE)
    sample = CheckSample(problem=muted.problem, checked_at=NOON)
    assert step(sample, Streak(), muted, NOON).incident.state == "muted"
    expired = step(sample, Streak(), muted, NOON + MINUTE)
    assert (expired.change, expired.incident.state) == ("unmuted", "open")
    assert expired.incident.muted_until is None


def test_a_resolved_failure_opens_again_only_with_more_failures_or_after_a_pass():
    cause = SampledCause()
    cause.add(3)
    cause.incident = None
    cause.streak = cause.streak.model_copy(update={"accepted_failures": 3})
    assert cause.add(3).incident is None
    assert cause.add(4).change == "opened"
    cause.incident = None
    cause.streak = cause.streak.model_copy(update={"accepted_failures": 4})
    cause.add(0)
    assert cause.add(1).change == "opened"


def test_a_resolved_warning_that_becomes_an_error_opens_an_incident():
    accepted = Streak(failing=1, accepted_failures=3, accepted_severity="warning")
    error = make_problem(3)
    warning = error.model_copy(update={"severity": "warning"})
    for problem, change in ((warning, ""), (error, "opened")):
        sample = CheckSample(problem=problem, checked_at=NOON)
        assert step(sample, accepted, None, NOON).change == change


def test_results_count_again_at_once_after_the_clock_was_set_back():
    cause = SampledCause(opens_after=2, closes_after=2)
    cause.add(0)
    cause.now -= timedelta(hours=1)
    cause.add(1)
    assert cause.add(1).change == "opened"
    cause.now -= timedelta(hours=1)
    cause.add(0)
    assert cause.add(0).change == "recovered"


@given(FAILURES, REQUIRED, REQUIRED)
def test_opening_and_recovery_alternate(failures, opens_after, closes_after):
    cause = SampledCause(opens_after=opens_after, closes_after=closes_after)
    for each in failures:
        cause.add(each)
    changes = [change for change in cause.changes if change in ("opened", "recovered")]
    assert changes == (["opened", "recovered"] * len(changes))[: len(changes)]


@given(FAILURES, REQUIRED, REQUIRED)
def test_without_flapping_an_incident_is_open_as_a_simple_count_says(
    failures, opens_after, closes_after
):
    cause = SampledCause(opens_after=opens_after, closes_after=closes_after)
    is_open, row = False, 0
    for each in failures:
        cause.add(each, after=timedelta(hours=1))
        if each is not None:
            row = row + 1 if bool(each) is not is_open else 0
        if row >= (closes_after if is_open else opens_after):
            is_open, row = not is_open, 0
        assert (cause.incident is not None) is is_open


@given(FAILURES, REQUIRED, REQUIRED)
def test_sampling_the_same_result_again_changes_nothing(failures, opens_after, closes_after):
    cause = SampledCause(opens_after=opens_after, closes_after=closes_after)
    for each in failures:
        cause.add(each)
        again = step(cause.make_sample(each), cause.streak, cause.incident, cause.now)
        if cause.incident is not None or again.change == "":
            assert (again.change, again.streak) == ("", cause.streak)


@given(st.lists(st.booleans(), max_size=120))
def test_fast_flips_call_for_few_messages(flips):
    cause = SampledCause()
    for failing in flips:
        cause.add(int(failing), after=timedelta(seconds=10))
    assert len(cause.changes) <= 6


def test_changes_of_before_the_clock_was_set_back_make_nothing_flap() -> None:
    cause = SampledCause()
    for failures in (1, 0, 1, 0):
        cause.add(failures)
    cause.add(1, after=timedelta(hours=-1))
    assert cause.changes[-1] == "opened"
    assert cause.incident is not None
    assert not cause.incident.flapping
    cause.add(0)
    assert cause.changes[-1] == "recovered"
