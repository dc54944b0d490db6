from datetime import date, timedelta

from dataflow_health.health import owed_answers
from dataflow_health.health.ledger_check import AnswersComplete
from dataflow_health.health.observation import Observation
from dataflow_health.health.owed_answers import OwedAnswers, OwedDay, OwedRecording
from dataflow_health_tests.factories import NOON

DAY = date(2026, 11, 20)
CHECK = AnswersComplete(
    kind="answers_complete", name="answers_complete", fails_after=timedelta(hours=4)
)
LOW = OwedDay("rotor_speed_low", "v1", DAY, 7, NOON - timedelta(hours=1))
LOW_BEFORE = LOW._replace(arrival_day=DAY - timedelta(days=1), recordings=4)
HIGH = OwedDay("rotor_speed_high", "v1", DAY, 1, NOON - timedelta(hours=4))


def judged(*days: OwedDay, newest: tuple[OwedRecording, ...] = ()) -> Observation:
    return owed_answers.judge("analyse", CHECK, OwedAnswers(days, newest), NOON)


def test_nothing_owed_passes() -> None:
    result = judged()
    assert (result.outcome, result.detail) == ("passed", "owed: 0 answers")


def test_a_debt_is_a_warning_at_once_and_names_its_algorithm() -> None:
    result = judged(LOW, LOW_BEFORE)
    assert (result.outcome, result.severity) == ("failed", "warning")
    assert result.detail == "owed: 11 answers of rotor_speed_low"
    assert result.since_at == LOW.since_at
    [evidence] = result.evidence
    assert (evidence.part, evidence.count, evidence.reason) == ("rotor_speed_low", 11, "owed")
    assert evidence.command == "dataflow-health rerun --owed"


def test_a_debt_fails_after_its_time_and_only_its_own_evidence_is_an_error() -> None:
    result = judged(LOW, HIGH)
    assert (result.outcome, result.severity) == ("failed", "error")
    assert result.detail == "owed: 8 answers of 2 algorithms"
    assert [each.severity for each in result.evidence] == ["error", "warning"]


def test_a_check_of_severity_warning_stays_a_warning() -> None:
    check = CHECK.model_copy(update={"severity": "warning"})
    result = owed_answers.judge("analyse", check, OwedAnswers((HIGH,)), NOON)
    assert (result.severity, result.evidence[0].severity) == ("warning", "warning")
    assert result.detail == "owed: 1 answer of rotor_speed_high"


def test_the_evidence_names_the_newest_recordings_and_counts_all() -> None:
    newest = [OwedRecording(id_, "HB-ZAA", DAY, ("rotor_speed_low",)) for id_ in "abcd"]
    other = OwedRecording("e", "HB-ZAB", DAY, ("rotor_speed_high",))
    evidence = judged(LOW, newest=(other, *newest)).evidence
    assert [(each.recording_id, each.tail, each.count) for each in evidence] == [
        ("a", "HB-ZAA", 1), ("b", "HB-ZAA", 1), ("c", "HB-ZAA", 1), ("", "", 4),
    ]  # fmt: skip
    assert "dataflow-health owed --algorithm rotor_speed_low" in evidence[-1].found
    [only] = judged(LOW._replace(recordings=1), newest=(newest[0],)).evidence
    assert (only.recording_id, only.count) == ("a", 1)
