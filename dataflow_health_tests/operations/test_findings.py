import pytest
from sqlalchemy import Engine, update

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations import findings
from dataflow_health.operations.findings import JudgedEvent
from dataflow_health.schemas import FindingEntry
from dataflow_health.storage.queries.findings import FindingFilter
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.finding_factories import insert_findings

ANNA = Operator("anna", "api@192.0.2.7")


def judge(
    engine: Engine,
    key: tuple[str, str, int],
    state: str,
    reason: str = "",
    seen: tuple[float, str, str] = (5.0, "info", "112 %"),
) -> None:
    event = JudgedEvent(*key, *seen)
    findings.judge(engine, event, ANNA, state=state, reason=reason, at=NOON)


def only(engine: Engine, **chosen: str) -> FindingEntry:
    (found,) = findings.page(engine, FindingFilter(**chosen)).findings
    return found


def test_a_judgement_is_kept_with_reason_and_operator_and_audited(engine: Engine) -> None:
    first, second = insert_findings(engine, 2)
    judge(engine, first, "dismissed", "a sensor's spike")
    found = only(engine, state="dismissed")
    assert (found.recording, found.reason, found.operator, found.judged_at) == (
        first[0], "a sensor's spike", "anna", NOON,
    )  # fmt: skip
    assert only(engine, state="new").recording == second[0]
    (entry,) = audit_log.read(engine, action="judge")
    assert (entry.operator, entry.reason) == ("anna", "a sensor's spike")
    assert entry.subject == f"torque_0 at 5 s of {first[0]}: dismissed"


def test_a_judged_finding_can_be_new_again(engine: Engine) -> None:
    (key,) = insert_findings(engine, 1)
    judge(engine, key, "confirmed")
    judge(engine, key, "new", "wrong flight")
    assert only(engine).state == "new"


@pytest.mark.parametrize("change", [{"start_s": 99.0}, {"severity": "alert"}, {"detail": "99 %"}])
def test_the_judgement_of_an_event_is_not_one_of_another_under_its_number(
    engine: Engine, change: dict[str, object]
) -> None:
    (key,) = insert_findings(engine, 1)
    judge(engine, key, "dismissed", "a spike")
    with writing(engine) as connection:
        connection.execute(update(tables.finding).values(**change))
    assert only(engine).state == "new"
    with pytest.raises(
        NotAllowed,
        match=r"finding 0 of torque_0 is by now (info at 99|alert at 5|info at 5 s .99 %)",
    ):
        judge(engine, key, "confirmed")
    assert only(engine).state == "new"


def test_a_judgement_stays_with_its_event_when_an_earlier_one_appears(engine: Engine) -> None:
    (key,) = insert_findings(engine, 1)
    judge(engine, key, "dismissed", "a spike")
    with writing(engine) as connection:
        connection.execute(update(tables.finding).values(number=1))
    insert_findings(engine, 1, start_s=2.0)
    assert only(engine, state="dismissed").number == 1
    judge(engine, key, "confirmed", seen=(2.0, "info", "112 %"))
    assert only(engine, state="dismissed").reason == "a spike"


def test_two_events_that_begin_at_once_are_judged_each_by_itself(engine: Engine) -> None:
    (key,) = insert_findings(engine, 1, detail="n1_pct")
    insert_findings(engine, 1, number=1, detail="n2_pct")
    judge(engine, key, "dismissed", "sensor on the bench", seen=(5.0, "info", "n1_pct"))
    assert only(engine, state="new").detail == "n2_pct"
    judge(engine, (*key[:2], 1), "confirmed", seen=(5.0, "info", "n2_pct"))
    judge(engine, key, "new", seen=(5.0, "info", "n1_pct"))
    assert only(engine, state="confirmed").detail == "n2_pct"


def test_a_dismissal_without_a_reason_and_an_unknown_finding_are_refused(engine: Engine) -> None:
    (key,) = insert_findings(engine, 1)
    with pytest.raises(NotAllowed, match="reason"):
        judge(engine, key, "dismissed", " ")
    with pytest.raises(NotFound, match="no finding 7 of torque_0"):
        judge(engine, (key[0], key[1], 7), "confirmed")
    assert audit_log.read(engine) == []


def test_a_page_counts_the_findings_without_a_time(engine: Engine) -> None:
    insert_findings(engine, 2, start_at=None)
    page = findings.page(engine, FindingFilter())
    assert (page.total, page.undated, page.is_capped) == (0, 2, False)
