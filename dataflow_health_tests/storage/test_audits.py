from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage import audits
from dataflow_health.storage.audits import Operator
from dataflow_health_tests.factories import NOON

ANNA = Operator("anna", "cli@ops")
BEN = Operator("ben", "api@192.0.2.7")


def test_actions_are_read_newest_first_and_by_page(engine: Engine):
    for number in range(5):
        at = NOON + timedelta(minutes=number)
        audits.record(engine, ANNA, "mute", f"incident {number}", reason="known", at=at)
    newest = audits.read(engine, limit=2)
    assert [row["subject"] for row in newest] == ["incident 4", "incident 3"]
    older = audits.read(engine, limit=2, before_id=newest[-1]["id"])
    assert [row["subject"] for row in older] == ["incident 2", "incident 1"]
    assert older[0]["at"] == NOON + timedelta(minutes=2)


def test_another_configuration_is_kept_once(engine: Engine):
    assert audits.note_reload(engine, ANNA, "d1", NOON)
    assert not audits.note_reload(engine, ANNA, "d1", NOON)
    assert audits.note_reload(engine, ANNA, "d2", NOON)
    assert [row["subject"] for row in audits.read(engine, action="reload")] == ["d2", "d1"]


def test_actions_are_found_by_what_and_by_whom(engine: Engine):
    audits.record(engine, ANNA, "mute", "incident 1", reason="", at=NOON)
    audits.record(engine, BEN, "rerun", "parse", reason="", at=NOON, succeeded=False)
    assert [row["who"] for row in audits.read(engine, action="mute")] == ["anna"]
    assert [row["succeeded"] for row in audits.read(engine, who="ben")] == [False]
