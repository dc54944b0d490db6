"""Properties of the health report for any pipeline and any observations."""

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.health.evaluate import STALE_AFTER, evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Observation, StageCounts
from dataflow_health.health.status import Status, worst
from dataflow_health_tests.health.factories import (
    DAY,
    NOON,
    asset_check,
    live_check,
    make_counts,
    make_observation,
    make_process,
)

Observed = Observation | StageCounts
FAULTS = ("data", "run", "service")


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """Up to seven processes, any dependencies without a cycle, each with both sorts of check."""
    names = [f"p{i}" for i in range(draw(st.integers(1, 7)))]
    return Pipeline.of(
        {
            name: make_process(
                external=draw(st.booleans()),
                after=draw(st.sets(st.sampled_from(names[:i]), max_size=3) if i else st.just(())),
                checks=[
                    asset_check("good"),
                    live_check(),
                    asset_check("usual", severity="warning"),
                ],
            )
            for i, name in enumerate(names)
        }
    )


def observe(name: str, fault: str | None) -> list[Observed]:
    """Everything passes except the fault."""
    outcome = {each: "failed" if each == fault else "passed" for each in FAULTS}
    return [
        make_observation(name, "good", outcome["data"]),
        make_observation(name, "step", outcome["run"]),
        make_observation(name, "answers", outcome["service"]),
        make_observation(name, "usual"),
        make_counts(name, incoming=3, done=2, in_flight=1),
    ]


def observed_faults(faults: dict[str, str | None]) -> list[Observed]:
    """What is observed of every process with its fault."""
    return [each for name, fault in faults.items() for each in observe(name, fault)]


@st.composite
def faulty(draw: st.DrawFn) -> tuple[Pipeline, dict[str, str | None]]:
    pipeline = draw(pipelines())
    fault = st.none() | st.sampled_from(FAULTS)
    return pipeline, {name: draw(fault) for name in pipeline.order}


def is_cause(pipeline: Pipeline, faults: dict[str, str | None], name: str) -> bool:
    """Independent definition: bad data always, failed work unless a service before it is down."""
    below_a_failed_service = any(
        pipeline.processes[each].external and faults[each] == "service"
        for each in pipeline.upstream[name]
    )
    return faults[name] == "data" or (faults[name] is not None and not below_a_failed_service)


@given(faulty())
def test_exactly_the_root_causes_are_failed(
    example: tuple[Pipeline, dict[str, str | None]],
) -> None:
    pipeline, faults = example
    report = evaluate(pipeline, observed_faults(faults), NOON)
    assert {p.name for p in report.causes} == {n for n in faults if is_cause(pipeline, faults, n)}


@given(faulty())
def test_exactly_the_processes_after_a_cause_that_stops_work_are_blocked(
    example: tuple[Pipeline, dict[str, str | None]],
) -> None:
    pipeline, faults = example
    stopping = {n for n in faults if is_cause(pipeline, faults, n) and faults[n] != "data"}
    for process in evaluate(pipeline, observed_faults(faults), NOON).processes:
        causes = stopping & set(pipeline.ancestors(process.name))
        assert set(process.blocked_by) == causes
        if causes:
            assert process.status in (Status.BLOCKED, Status.FAILED)
        if not causes and faults[process.name] is None:
            assert process.status is Status.HEALTHY


@st.composite
def any_observation(draw: st.DrawFn, pipeline: Pipeline) -> Observed:
    """Any observation at all, of a process or none, recent, old or in the future."""
    at = NOON - timedelta(seconds=draw(st.integers(-60, 600)))
    day = draw(st.sampled_from([None, DAY, DAY - timedelta(days=1)]))
    name = draw(st.sampled_from([*pipeline.order, "unknown_process"]))
    if draw(st.booleans()):
        counts = {k: draw(st.integers(0, 2)) for k in ("incoming", "done", "in_flight", "running")}
        data_at = at - timedelta(seconds=draw(st.integers(-300, 300)))
        return make_counts(name, at=at, arrival_day=day, data_at=data_at, **counts)
    return make_observation(
        name,
        draw(st.sampled_from(["good", "answers", "usual", "step", "gone"])),
        draw(st.sampled_from(["passed", "failed", "errored", "running", "unknown"])),
        at=at,
        arrival_day=day,
        severity=draw(st.sampled_from(["warning", "error"])),
        detail=draw(st.sampled_from(["", "a", "b"])),
        part=draw(st.sampled_from(["", "x"])),
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[Pipeline, list[Observed]]:
    pipeline = draw(pipelines())
    return pipeline, draw(st.lists(any_observation(pipeline), max_size=25))


@given(situations())
def test_every_blocked_process_has_a_failed_ancestor(
    example: tuple[Pipeline, list[Observed]],
) -> None:
    pipeline, observed = example
    report = evaluate(pipeline, observed, NOON)
    failed = {p.name for p in report.causes}
    for process in report.processes:
        assert set(process.blocked_by) <= failed & set(pipeline.ancestors(process.name))
        assert (process.status is Status.BLOCKED) <= bool(process.blocked_by)


@given(situations())
def test_every_failed_process_has_a_failed_check_a_start_and_a_reason(
    example: tuple[Pipeline, list[Observed]],
) -> None:
    pipeline, observed = example
    for process in evaluate(pipeline, observed, NOON).causes:
        assert any(check.status is Status.FAILED for check in process.checks)
        assert process.since is not None
        assert process.reason


@given(st.lists(st.integers(0, 400), min_size=4, max_size=4))
def test_a_healthy_process_has_checked_its_newest_data(ages_s: list[int]) -> None:
    good, usual, live, data = (NOON - timedelta(seconds=age) for age in ages_s)
    checks = [asset_check("good"), asset_check("usual", severity="warning"), live_check()]
    observed: list[Observed] = [
        make_observation("p", "good", at=good),
        make_observation("p", "usual", at=usual, arrival_day=DAY),
        make_observation("p", "answers", at=live),
        make_counts("p", incoming=1, done=1, data_at=data),
    ]
    report = evaluate(Pipeline.of({"p": make_process(checks=checks)}), observed, NOON)
    is_current = data <= good and data <= usual and NOON - live <= STALE_AFTER
    assert report.status is (Status.HEALTHY if is_current else Status.STALE)


@given(situations())
def test_a_process_is_healthy_only_if_every_check_passed(
    example: tuple[Pipeline, list[Observed]],
) -> None:
    pipeline, observed = example
    for process in evaluate(pipeline, observed, NOON).processes:
        if process.status is Status.HEALTHY:
            assert all(check.outcome == "passed" for check in process.checks)


@given(situations(), st.data())
def test_an_observation_changes_only_its_process_and_those_after_it(
    example: tuple[Pipeline, list[Observed]], data: st.DataObject
) -> None:
    pipeline, observed = example
    extra = data.draw(any_observation(pipeline))
    before, after = evaluate(pipeline, observed, NOON), evaluate(pipeline, [*observed, extra], NOON)
    for was, now in zip(before.processes, after.processes, strict=True):
        if extra.process not in (was.name, *pipeline.ancestors(was.name)):
            assert was == now


@given(situations(), st.randoms())
def test_the_order_of_observations_does_not_matter(
    example: tuple[Pipeline, list[Observed]], rng: random.Random
) -> None:
    pipeline, observed = example
    shuffled = observed.copy()
    rng.shuffle(shuffled)
    assert evaluate(pipeline, observed, NOON) == evaluate(pipeline, shuffled, NOON)


@given(situations())
def test_a_repeated_observation_changes_nothing(example: tuple[Pipeline, list[Observed]]) -> None:
    pipeline, observed = example
    assert evaluate(pipeline, observed, NOON) == evaluate(pipeline, [*observed, *observed], NOON)


@given(situations())
def test_the_report_has_the_status_of_its_worst_process(
    example: tuple[Pipeline, list[Observed]],
) -> None:
    pipeline, observed = example
    report = evaluate(pipeline, observed, NOON)
    assert report.status is worst(process.status for process in report.processes)


@given(situations())
def test_later_observations_are_ignored(example: tuple[Pipeline, list[Observed]]) -> None:
    pipeline, observed = example
    past = [each for each in observed if each.at <= NOON]
    assert evaluate(pipeline, observed, NOON) == evaluate(pipeline, past, NOON)
