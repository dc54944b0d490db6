from pathlib import Path

from dataflow_health.stages.checks.check import make_evidence
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.stages.checks.factories import make_context, make_record

REFUSED = make_record(
    state="quarantined", reason="no_sync", detail="0 words", archive="a.zip", byte_offset=12,
    evidence=b"\x00\xff", finished_at=NOON,
)  # fmt: skip


def test_only_finished_records_are_done(tmp_path: Path) -> None:
    done = make_record(id="2" * 64)
    assert make_context(tmp_path, REFUSED, done).done == [done]


def test_evidence_of_a_refusal_has_its_reason_bytes_and_replay_command() -> None:
    item = make_evidence("parse", REFUSED)
    assert (item.reason, item.found, item.archive) == ("no_sync", "0 words", "a.zip")
    assert (item.byte_offset, item.hex, item.first_seen_at) == (12, "00 ff", NOON)
    assert item.command == (
        "dataflow-health quarantine replay 111111111111 --reason 'no_sync: cause removed'"
    )
    assert make_evidence("parse", REFUSED._replace(state="done")).command == ""


def test_given_values_take_precedence_over_those_of_the_record() -> None:
    item = make_evidence("parse", REFUSED, reason="rows_differ", found="2 rows", expected="3 rows")
    assert (item.reason, item.found, item.expected) == ("rows_differ", "2 rows", "3 rows")


def test_evidence_of_a_finished_record_has_no_reason_and_no_bytes() -> None:
    item = make_evidence("parse", make_record())
    assert (item.reason, item.found, item.archive, item.hex) == ("", "", "", "")
