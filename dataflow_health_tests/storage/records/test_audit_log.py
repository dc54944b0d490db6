from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health_tests.factories import NOON

ANNA = Operator("anna", "cli@ops")
BEN = Operator("ben", "api@192.0.2.7")


def test_actions_are_read_newest_first_and_by_page(engine: Engine):
    for number in range(5):
        at = NOON + timedelta(minutes=number)
        audit_log.record(engine, ANNA, "mute", f"incident {number}", reason="known", at=at)
    newest = audit_log.read(engine, limit=2)
    assert [row.subject for row in newest] == ["incident 4", "incident 3"]
    older = audit_log.read(engine, limit=2, before_id=newest[-1].id)
    assert [row.subject for row in older] == ["incident 2", "incident 1"]
    assert older[0].at == NOON + timedelta(minutes=2)


def test_another_configuration_is_saved_once(engine: Engine):
    assert audit_log.record_reload(engine, ANNA, "d1", NOON)
    assert not audit_log.record_reload(engine, ANNA, "d1", NOON)
    assert audit_log.record_reload(engine, ANNA, "d2", NOON)
    assert [row.subject for row in audit_log.read(engine, action="reload")] == ["d2", "d1"]


def test_entries_are_found_by_action_and_operator(engine: Engine):
    audit_log.record(engine, ANNA, "mute", "incident 1", reason="", at=NOON)
    audit_log.record(engine, BEN, "rerun", "parse", reason="", at=NOON, succeeded=False)
    assert [row.operator for row in audit_log.read(engine, action="mute")] == ["anna"]
    assert [row.succeeded for row in audit_log.read(engine, operator="ben")] == [False]


def test_a_secret_in_a_pasted_url_is_not_saved(engine: Engine):
    url = "sftp://u:s3@cret@h/x?token=s3cret"
    audit_log.record(engine, ANNA, "mute", f"incident {url}", reason=f"see {url}", at=NOON)
    (entry,) = audit_log.read(engine)
    shown = "sftp://u:***@h/x?token=***"
    assert (entry.subject, entry.reason) == (f"incident {shown}", f"see {shown}")
