"""Incidents and messages from check results, over a real ledger and a real web hook."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting.incident_engine import AlertConfig, update_incidents
from dataflow_health.alerting.offline_store import OfflineIncidentStore, OfflineRecords
from dataflow_health.alerting.problem_detection import find_problems
from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.incident import Streak
from dataflow_health.storage.records import incidents
from dataflow_health_tests.alerting.alert_scene import PROCESSES, AlertScene, make_evidence
from dataflow_health_tests.alerting.alert_servers import Receiver, web_server
from dataflow_health_tests.health.factories import live_check, make_observation, make_process
from dataflow_health_tests.health.incident_factories import MINUTE, NOON, make_incident

BAD = ("parse", "frames_in_sync", "failed")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with web_server() as server:
        yield server


@pytest.fixture
def scene(engine: Engine, receiver: Receiver) -> AlertScene:
    return AlertScene(engine, receiver.url)


@pytest.mark.slow
def test_a_bad_recording_is_one_incident_and_one_message(scene, receiver):
    scene.record(*BAD, make_evidence(1))
    scene.run_cycle()
    scene.run_cycle()
    assert receiver.titles == ["[FAILED] parse: no_sync on HB-ZAC"]
    problems = [each.problem for each in scene.open_incidents()]
    assert [(each.process, each.failures) for each in problems] == [("parse", 1)]


def test_a_second_bad_recording_joins_and_sends_nothing(scene, receiver):
    scene.record(*BAD, make_evidence(1))
    scene.run_cycle()
    scene.record(*BAD, make_evidence(1), make_evidence(2, tail="HB-ZAD"))
    scene.run_cycle()
    (incident,) = scene.open_incidents()
    assert (incident.problem.failures, incident.problem.tails) == (2, ("HB-ZAC", "HB-ZAD"))
    assert len(receiver.got) == 1


def test_another_reason_code_is_another_incident(scene, receiver):
    scene.record(*BAD, make_evidence(1), make_evidence(2, reason="wrong_frame_rate"))
    scene.run_cycle()
    causes = sorted(each.problem.cause for each in scene.open_incidents())
    assert causes == ["no_sync", "wrong_frame_rate"]
    assert len(receiver.got) == 2


def test_recovery_is_announced_once_with_its_duration(scene, receiver):
    scene.record(*BAD, make_evidence(1))
    scene.run_cycle(timedelta(minutes=80))
    scene.record("parse", "frames_in_sync", "passed")
    scene.run_cycle()
    scene.run_cycle()
    assert receiver.titles[1:] == ["[RECOVERED] parse: no_sync after 1 h 20 min"]
    assert scene.open_incidents() == []


def test_a_live_check_must_fail_twice_and_blocked_processes_send_nothing(scene, receiver):
    scene.record("database", "answers", "failed", day=None)
    scene.run_cycle()
    assert receiver.titles == []
    scene.record("database", "answers", "failed", day=None)
    scene.run_cycle()
    assert receiver.titles == ["[FAILED] database: answers failed"]
    (incident,) = scene.open_incidents()
    assert [each.process for each in incident.problem.blocked] == ["load"]


def test_a_stale_result_neither_opens_nor_closes(scene, receiver):
    for _ in range(2):
        scene.record("database", "answers", "failed", day=None)
        scene.run_cycle()
    scene.record("database", "answers", "passed", day=None)
    scene.run_cycle(timedelta(hours=1))
    scene.run_cycle()
    assert len(scene.open_incidents()) == 1


@pytest.mark.slow
def test_a_flapping_link_is_one_message(scene, receiver):
    for number in range(20):
        outcome = "failed" if number // 2 % 2 else "passed"
        scene.record("database", "answers", outcome, day=None)
        scene.run_cycle(timedelta(seconds=20))
    kinds = [title.partition("]")[0] for title in receiver.titles]
    assert kinds.count("[FLAPPING") == 1
    assert len(kinds) <= 6


@pytest.mark.slow
def test_a_channel_that_is_down_gets_the_message_when_it_is_back(scene, receiver):
    receiver.status = 503
    scene.record(*BAD, make_evidence(1))
    for _ in range(3):
        scene.run_cycle()
    (due,) = scene.due_deliveries()
    assert due.attempts == 3
    assert due.error
    receiver.status = 200
    for _ in range(3):
        scene.run_cycle(timedelta(minutes=4))
    assert receiver.titles == ["[FAILED] parse: no_sync on HB-ZAC"]
    assert scene.due_deliveries() == []


def test_an_incident_that_ended_while_the_channel_was_down_is_one_message(scene, receiver):
    receiver.status = 503
    scene.record(*BAD, make_evidence(1))
    scene.run_cycle()
    scene.record("parse", "frames_in_sync", "passed")
    scene.run_cycle()
    receiver.status = 200
    scene.run_cycle(timedelta(minutes=30))
    scene.run_cycle()
    assert receiver.titles == ["[RECOVERED] parse: no_sync after 1 min"]


def test_a_channel_configured_later_is_notified_of_open_incidents(scene, receiver):
    rules, scene.rules = scene.rules, {}
    scene.record(*BAD, make_evidence(1))
    scene.run_cycle()
    scene.rules = rules
    scene.run_cycle()
    assert receiver.titles == ["[FAILED] parse: no_sync on HB-ZAC"]


def test_cycles_at_the_same_time_open_a_cause_once(scene):
    scene.record(*BAD, make_evidence(1))
    threads = [threading.Thread(target=scene.update_incidents) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(incidents.find(scene.engine)) == 1


def test_streaks_that_matter_no_more_are_forgotten(scene):
    scene.record("database", "answers", "failed", day=None)
    scene.run_cycle(timedelta(seconds=10))
    with scene.store.reading() as stored:
        assert [each.failing for each in stored.streaks().values()] == [1]
    scene.record("database", "answers", "passed", day=None)
    scene.run_cycle(timedelta(minutes=61))
    scene.record("database", "answers", "passed", day=None)
    scene.run_cycle()
    with scene.store.reading() as stored:
        assert stored.streaks() == {}


class OfflineEngine:
    """The engine over a store in memory."""

    def __init__(self, *records, streaks=None, processes=PROCESSES):
        self.store = OfflineIncidentStore(OfflineRecords(incidents=records, streaks=streaks or {}))
        self.processes = processes

    def update(self, *observations, now=NOON, explain=lambda _problem: ""):
        report = evaluate(Pipeline.of(self.processes), observations, now)
        config = AlertConfig(self.processes, {})
        problems = find_problems(report)
        return update_incidents(self.store, config, report, problems, now, explain)


def bad(**given):
    return make_observation("parse", "frames_in_sync", "failed", **given)


def test_the_likely_cause_is_sought_for_new_and_grown_problems_only():
    engine, asked = OfflineEngine(), []

    def explain(problem):
        asked.append(problem.failures)
        return f"cause of {problem.failures}"

    one, two = [make_evidence(1)], [make_evidence(1), make_evidence(2)]
    (opened,) = engine.update(bad(evidence=one), explain=explain)
    assert opened.likely_cause == "cause of 1"
    engine.update(bad(evidence=one), now=NOON + MINUTE, explain=explain)
    (grown,) = engine.update(bad(evidence=two), now=NOON + 2 * MINUTE, explain=explain)
    assert grown.likely_cause == "cause of 2"
    assert asked == [1, 2]


def test_an_unchanged_incident_is_not_reported_as_changed():
    engine = OfflineEngine()
    assert len(engine.update(bad())) == 1
    assert engine.update(bad(), now=NOON + MINUTE) == ()


def test_a_cause_of_a_check_that_is_no_longer_declared_recovers():
    gone = make_incident(check="gone", cause="failed")
    engine = OfflineEngine(gone)
    (closed,) = engine.update(now=NOON + MINUTE)
    assert (closed.id, closed.resolution) == (gone.id, "recovered")


def test_a_cause_of_a_process_that_is_no_longer_declared_recovers():
    gone = make_incident(process="gone")
    (closed,) = OfflineEngine(gone).update(now=NOON + MINUTE)
    assert (closed.id, closed.resolution) == (gone.id, "recovered")


def test_an_open_incident_without_a_streak_gets_one():
    incident = make_incident()
    engine = OfflineEngine(incident)
    engine.update(bad())
    (streak,) = engine.store.records.streaks.values()
    assert (streak.process, streak.check) == ("parse", "frames_in_sync")


def test_an_insignificant_streak_of_a_closed_cause_is_deleted():
    streak = Streak(process="parse", check="frames_in_sync", passing=3)
    engine = OfflineEngine(streaks={"abc": streak})
    engine.update(make_observation("parse", "frames_in_sync"))
    assert engine.store.records.streaks == {}


@pytest.mark.parametrize(("declared", "cycles"), [({}, 1), ({"opens_after": 3}, 3)])
def test_an_asset_check_opens_after_one_failure_unless_declared_otherwise(declared, cycles):
    process = PROCESSES["parse"]
    checks = tuple(each.model_copy(update=declared) for each in process.checks)
    processes = {"parse": process.model_copy(update={"checks": checks})}
    engine = OfflineEngine(processes=processes)
    for number in range(cycles - 1):
        at = NOON + number * MINUTE
        assert engine.update(bad(at=at), now=at) == ()
    at = NOON + cycles * MINUTE
    assert len(engine.update(bad(at=at), now=at)) == 1


@pytest.mark.parametrize(("declared", "cycles"), [({}, 2), ({"closes_after": 3}, 3)])
def test_a_live_check_closes_after_two_passes_unless_declared_otherwise(declared, cycles):
    process = PROCESSES["database"]
    checks = tuple(each.model_copy(update=declared) for each in process.checks)
    processes = {
        "load": PROCESSES["load"].model_copy(update={"after": ()}),
        "database": process.model_copy(update={"checks": checks}),
    }
    engine = OfflineEngine(make_incident(process="database", check="answers"), processes=processes)
    for number in range(1, cycles + 1):
        at = NOON + number * MINUTE
        changed = engine.update(make_observation("database", "answers", at=at), now=at)
        assert len(changed) == (number == cycles)


@pytest.mark.parametrize(("age", "changes"), [(MINUTE, 1), (timedelta(hours=3), 0)])
def test_a_pass_closes_an_incident_only_while_it_is_not_stale(age, changes):
    process = PROCESSES["database"]
    checks = tuple(each.model_copy(update={"closes_after": 1}) for each in process.checks)
    processes = PROCESSES | {"database": process.model_copy(update={"checks": checks})}
    engine = OfflineEngine(make_incident(process="database", check="answers"), processes=processes)
    passed = make_observation("database", "answers", at=NOON - age)
    assert len(engine.update(passed)) == changes


def test_a_check_that_was_removed_and_is_declared_again_opens_its_incident_again(scene):
    scene.record(*BAD, make_evidence(1))
    scene.run_cycle()
    declared = scene.processes
    parse = declared["parse"]
    fewer = tuple(each for each in parse.checks if each.name != "frames_in_sync")
    scene.processes = {**declared, "parse": parse.model_copy(update={"checks": fewer})}
    scene.run_cycle()
    assert scene.open_incidents() == []
    scene.processes = declared
    scene.run_cycle()
    assert [each.problem.check for each in scene.open_incidents()] == ["frames_in_sync"]


def test_a_check_that_still_fails_within_the_problem_of_another_has_not_recovered() -> None:
    names = ("download", "extract", "parse")
    one = {"opens_after": 1, "closes_after": 1}
    process = make_process(external=True, checks=[live_check(name, **one) for name in names])
    store = OfflineIncidentStore(OfflineRecords())

    def open_checks(minute: int, **failing: str) -> list[str]:
        now = NOON + minute * MINUTE
        results = [
            make_observation(
                "canary", name, "failed" if name in failing else "passed",
                at=now, detail=failing.get(name, ""),
            )
            for name in names
        ]  # fmt: skip
        report = evaluate(Pipeline.of({"canary": process}), results, now)
        config = AlertConfig({"canary": process}, {})
        update_incidents(store, config, report, find_problems(report), now)
        with store.reading() as stored:
            return sorted(each.problem.check for each in stored.open_incidents().values())

    assert open_checks(1, parse="result (1) = 2") == ["parse"]
    hung = dict.fromkeys(names, "no answer within 5 s")
    assert open_checks(2, **hung) == ["download", "parse"]
    assert open_checks(3, parse="result (1) = 2") == ["parse"]
    assert open_checks(4) == []


def test_a_report_that_is_older_than_the_end_of_an_incident_opens_it_not_again(scene):
    scene.record(*BAD, make_evidence(1))
    scene.run_cycle(timedelta(seconds=1))
    old = scene.make_report()
    scene.skip_cycle(timedelta(seconds=1))
    scene.record("parse", "frames_in_sync", "passed")
    scene.update_incidents(plans_messages=False)
    assert scene.open_incidents() == []
    scene.skip_cycle(timedelta(seconds=1))
    scene.update_incidents(old)
    assert scene.open_incidents() == []
    scene.record(*BAD, make_evidence(1))
    scene.update_incidents()
    assert len(scene.open_incidents()) == 1


def test_an_end_of_before_the_clock_was_set_back_keeps_nothing_closed(scene):
    scene.record(*BAD, make_evidence(1))
    scene.run_cycle()
    scene.record("parse", "frames_in_sync", "passed")
    scene.run_cycle()
    scene.now -= timedelta(hours=1)
    scene.record(*BAD, make_evidence(2))
    scene.run_cycle()
    assert len(scene.open_incidents()) == 1


def test_the_messages_of_an_incident_that_another_process_opened_and_closed_are_sent_once(
    scene, receiver
):
    scene.record(*BAD, make_evidence(1))
    scene.update_incidents(plans_messages=False)
    assert len(scene.open_incidents()) == 1
    assert scene.due_deliveries() == []
    scene.run_cycle()
    scene.record("parse", "frames_in_sync", "passed")
    scene.update_incidents(plans_messages=False)
    assert scene.open_incidents() == []
    scene.run_cycle()
    scene.run_cycle()
    assert receiver.titles == [
        "[FAILED] parse: no_sync on HB-ZAC",
        "[RECOVERED] parse: no_sync after 1 min",
    ]


def test_a_mute_that_expires_is_left_to_the_process_that_plans_its_message(scene, receiver):
    scene.record(*BAD, make_evidence(1))
    scene.run_cycle()
    (incident,) = scene.open_incidents()
    with scene.store.writing() as stored:
        until = {"state": "muted", "muted_until": scene.now + MINUTE, "mute_count": 1}
        stored.save_incident(incident.model_copy(update=until))
    scene.skip_cycle(2 * MINUTE)
    scene.update_incidents(plans_messages=False)
    assert [each.state for each in scene.open_incidents()] == ["muted"]
    scene.run_cycle()
    assert receiver.titles[1:] == ["[MUTE EXPIRED] parse: no_sync on HB-ZAC"]
