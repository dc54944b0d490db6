import pytest
from sqlalchemy import Engine, delete

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations import annotations
from dataflow_health.operations.annotations import MAX_CHARACTERS
from dataflow_health.schemas import Annotation
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.annotations import AnnotationFilter, AnnotationSubject
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.storage.ledger.factories import recordings, with_archive

ANNA, BERT = Operator("anna", "api@192.0.2.7"), Operator("bert", "cli@base")


def add(engine: Engine, subject: AnnotationSubject, text: str = "a bump") -> Annotation:
    return annotations.add(engine, subject, ANNA, text=text, at=NOON)


def kept(engine: Engine, **chosen: str) -> list[str]:
    return [each.text for each in annotations.find(engine, AnnotationFilter(**chosen))]


@pytest.fixture
def recording(engine: Engine) -> str:
    with_archive(engine)
    return recordings(engine, 1)[0]


def test_an_annotation_has_author_time_and_place(engine: Engine, recording: str) -> None:
    place = annotations.on_recording(engine, recording[:8], start_s=4.5, end_s=9)
    added = add(engine, place, " gust\r\nover the ridge ")
    assert (added.kind, added.recording, added.start_s, added.end_s) == (
        "recording", recording, 4.5, 9,
    )  # fmt: skip
    assert (added.text, added.author, added.created_at) == ("gust\nover the ridge", "anna", NOON)
    assert added.tail
    assert kept(engine, tail=added.tail) == kept(engine, recording=recording) == [added.text]
    assert kept(engine, tail="other") == []


def test_an_annotation_of_a_finding_outlives_the_finding(engine: Engine, recording: str) -> None:
    insert_findings(engine, 1, recording_id=recording)
    place = annotations.on_recording(engine, recording, algorithm="torque_0", start_s=5)
    assert (add(engine, place).kind, place.end_s) == ("finding", 6)
    with writing(engine) as connection:  # as another analysis does that finds no such event
        connection.execute(delete(tables.finding))
    (found,) = annotations.find(engine, AnnotationFilter(recording=recording))
    assert (found.algorithm, found.start_s, found.text) == ("torque_0", 5, "a bump")


def test_a_place_that_is_not_there_is_refused(engine: Engine, recording: str) -> None:
    insert_findings(engine, 1, recording_id=recording)
    with pytest.raises(NotFound, match="they begin at 5 s"):
        annotations.on_recording(engine, recording, algorithm="torque_0", start_s=4)
    with pytest.raises(NotAllowed, match="give the second"):
        annotations.on_recording(engine, recording, algorithm="torque_0")
    with pytest.raises(NotAllowed, match="ends at 1 s, before it begins at 2 s"):
        annotations.on_recording(engine, recording, start_s=2, end_s=1)
    with pytest.raises(NotFound, match="there are parse, store"):
        annotations.on_process("pars", ["parse", "store"])
    with pytest.raises(NotFound, match="no incident 7"):
        annotations.on_incident(engine, 7)


def test_only_the_author_edits_and_the_audit_log_keeps_what_was(engine: Engine) -> None:
    number = add(engine, annotations.on_process("parse", ["parse"])).id
    with pytest.raises(NotAllowed, match="of anna, who alone"):
        annotations.edit(engine, number, BERT, text="no", at=NOON)
    edited = annotations.edit(engine, number, ANNA, text="two bumps", at=NOON)
    assert (edited.text, edited.edited_at) == ("two bumps", NOON)
    annotations.delete(engine, number, BERT, at=NOON)
    assert kept(engine) == []
    actions = [(each.action, each.operator, each.reason) for each in audit_log.read(engine)]
    assert actions == [
        ("delete_annotation", "bert", "by anna at 2026-11-20 12:00:00Z: two bumps"),
        ("edit_annotation", "anna", "by anna at 2026-11-20 12:00:00Z: a bump"),
        ("annotate", "anna", "a bump"),
    ]
    assert {each.subject for each in audit_log.read(engine)} == {"annotation 1 of process parse"}


def test_a_text_is_plain_bounded_and_without_secrets(engine: Engine) -> None:
    place = annotations.on_process("parse", ["parse"])
    assert add(engine, place, "<b>\x1b[2J").text == "<b>\\x1b[2J"
    assert add(engine, place, "see ftp://anna:hunter2@base/x").text == "see ftp://anna:***@base/x"
    for text in (" \n ", "x" * (MAX_CHARACTERS + 1)):
        with pytest.raises(NotAllowed, match="text"):
            add(engine, place, text)
    assert len(kept(engine, process="parse")) == 2
