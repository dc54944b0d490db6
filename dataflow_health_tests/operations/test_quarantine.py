import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations import quarantine
from dataflow_health.stages import download
from dataflow_health.storage.ledger import quarantine as storage
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.states import SET_ASIDE
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health_tests import factories
from dataflow_health_tests.factories import DAY, NOON, land, stage_request
from dataflow_health_tests.storage.ledger.factories import (
    recordings,
    refuse,
    refuse_archive,
    states,
)

ANNA = Operator("anna", "cli@ops")


@pytest.fixture
def deps(tmp_path):
    made = factories.dependencies(tmp_path)
    yield made
    made.engine.dispose()


def keep(deps, row, content):
    deps.lake.write(quarantine.original_path(row), content)


def test_evidence_is_the_original_bytes_around_the_place(deps):
    refuse(deps.engine, recordings(deps.engine, 1))
    (row,) = storage.find(deps.engine)
    keep(deps, row, bytes(range(256)) * 4)
    found = quarantine.read_original(deps, row._replace(byte_offset=500))
    assert (found.start, found.size_bytes) == (432, 1024)
    assert found.content[68] == 500 % 256


def test_bytes_that_are_gone_are_told_and_no_error(deps):
    refuse_archive(deps.engine)
    (row,) = storage.find(deps.engine)
    found = quarantine.read_original(deps, row)
    assert found.content == b""
    assert "download/b.zip" in found.note


def test_replay_and_write_off_leave_every_byte_alone(deps):
    refuse(deps.engine, recordings(deps.engine, 1))
    (row,) = storage.find(deps.engine)
    keep(deps, row, b"\x47\x02" * 100)
    before = deps.lake.read(quarantine.original_path(row))
    quarantine.write_off(deps, [row], ANNA, reason="lost")
    (row,) = storage.find(deps.engine, states=["written_off"])
    quarantine.replay(deps, [row], ANNA, reason="found again")
    assert deps.lake.read(quarantine.original_path(row)) == before
    assert [each.action for each in audit_log.read(deps.engine)] == ["replay", "write_off"]


def test_a_write_off_needs_words(deps):
    with pytest.raises(NotAllowed, match="needs a reason"):
        quarantine.write_off(deps, [], ANNA, reason="  ")


def test_only_a_recording_has_a_layout_and_only_a_declared_one(deps):
    refuse(deps.engine, recordings(deps.engine, 1))
    refuse_archive(deps.engine)
    archive, recording = sorted(storage.find(deps.engine), key=lambda row: not row.is_archive)
    with pytest.raises(NotAllowed, match="is an archive"):
        quarantine.replay(deps, [archive], ANNA, reason="", layout="generic_twin_512")
    with pytest.raises(NotFound, match="did you mean generic_twin_512"):
        quarantine.replay(deps, [recording], ANNA, reason="", layout="generic_twin_521")
    assert quarantine.replay(deps, [recording], ANNA, reason="", layout="generic_twin_512") == 1
    assert set(states(deps.engine).values()) == {"waiting"}


@given(st.binary(min_size=1, max_size=300), st.integers(0, 50), st.integers(0, 400))
def test_hex_lines_hold_every_byte_and_mark_one_place(content, rows, mark):
    start = rows * quarantine.WIDTH
    lines = quarantine.hex_dump(start, content, mark)
    shown = "".join("".join(line[12:61].split()) for line in lines)
    assert bytes.fromhex(shown) == content
    marked = [line for line in lines if line.startswith(">")]
    inside = start <= mark < start + -(-len(content) // quarantine.WIDTH) * quarantine.WIDTH
    assert len(marked) == inside


def run(deps, landing):
    return download.run(deps, stage_request(), url=str(landing), settle_s=0)


def test_an_archive_whose_sidecar_was_put_right_passes_when_it_is_replayed(deps, tmp_path):
    landing = tmp_path / "landing"
    content = factories.zipped({"a.rdf": b"x" * 100})
    land(landing, "HB-ZAA_1.zip", content, NOON.replace(hour=2))
    sidecar = land(landing, "HB-ZAA_1.zip.sha256", b"0" * 64, NOON.replace(hour=2))
    run(deps, landing)
    (row,) = storage.find(deps.engine)
    assert row.reason == "sidecar_mismatch"

    quarantine.replay(deps, [row], ANNA, reason="try")
    run(deps, landing)
    assert [each.state for each in storage.find(deps.engine)] == ["quarantined"]

    sidecar.write_text(row.id)
    quarantine.replay(deps, storage.find(deps.engine), ANNA, reason="sidecar mended")
    run(deps, landing)
    assert storage.find(deps.engine, states=SET_ASIDE) == []
    (account,) = [a for a in stage_counts(deps.engine, NOON, DAY) if a.process == "download"]
    assert (account.done, account.balances) == (1, True)
