import pytest
from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.storage.records import annotations
from dataflow_health.storage.records.annotations import AnnotationFilter, AnnotationSubject
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON


def test_annotations_are_read_newest_first_in_pages(engine: Engine) -> None:
    subjects = [AnnotationSubject("incident", incident_id=number) for number in (3, 4, 3)]
    with writing(engine) as connection:
        ids = [
            annotations.add(connection, subject, text="x", author="anna", at=NOON)
            for subject in subjects
        ]
    newest = annotations.find(engine, AnnotationFilter(limit=2))
    assert [row.id for row in newest] == [ids[2], ids[1]]
    rest = annotations.find(engine, AnnotationFilter(before_id=newest[-1].id))
    assert [row.id for row in rest] == [ids[0]]
    of_three = annotations.find(engine, AnnotationFilter(incident=3))
    assert [row.subject for row in of_three] == [subjects[2], subjects[0]]
    with pytest.raises(NotFound, match="no annotation 9"):
        annotations.get(engine, 9)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (AnnotationSubject("recording", "ab"), "recording ab"),
        (AnnotationSubject("recording", "ab", start_s=4.5), "recording ab at 4.5 s"),
        (AnnotationSubject("finding", "ab", "droop", 4), "droop at 4 s of ab"),
        (AnnotationSubject("process", process="parse"), "process parse"),
        (AnnotationSubject("incident", incident_id=7), "incident 7"),
    ],
)
def test_a_subject_is_said_in_words(subject: AnnotationSubject, words: str) -> None:
    assert str(subject) == words
