from datetime import timedelta

import pytest

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations import quarantine
from dataflow_health.operations.original_bytes import original_path
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
NOW = NOON + timedelta(hours=1)


@pytest.fixture
def deps(tmp_path):
    created = factories.dependencies(tmp_path)
    yield created
    created.engine.dispose()


def keep(deps, row, content):
    deps.lake.write(original_path(row), content)


def test_an_item_is_described_with_its_kind_and_age(deps):
    refuse(deps.engine, recordings(deps.engine, 1))
    refuse_archive(deps.engine)
    found = storage.find(deps.engine)
    items = {item.kind: item for item in (quarantine.describe_item(row, NOW) for row in found)}
    assert (items["archive"].stage, items["archive"].tail) == ("extract", "")
    recording = items["recording"]
    assert (recording.stage, recording.reason, recording.tail) == ("parse", "no_sync", "HB-ZAA")
    assert recording.age_s == 3600


def test_a_detail_has_the_original_bytes(deps):
    refuse(deps.engine, recordings(deps.engine, 1))
    (row,) = storage.find(deps.engine)
    keep(deps, row, b"\x47\x02" * 100)
    detail = quarantine.describe_detail(deps, row)
    assert (detail.id, detail.start, detail.size_bytes, detail.note) == (row.id, 0, 200, "")
    assert bytes.fromhex(detail.hex) == b"\x47\x02" * 100


def test_replay_and_write_off_do_not_change_the_bytes(deps):
    refuse(deps.engine, recordings(deps.engine, 1))
    (row,) = storage.find(deps.engine)
    keep(deps, row, b"\x47\x02" * 100)
    before = deps.lake.read(original_path(row))
    quarantine.write_off(deps, [row], ANNA, reason="lost")
    (row,) = storage.find(deps.engine, states=["written_off"])
    quarantine.replay(deps, [row], ANNA, reason="found again")
    assert deps.lake.read(original_path(row)) == before
    assert [each.action for each in audit_log.read(deps.engine)] == ["replay", "write_off"]


def test_a_write_off_needs_a_reason(deps):
    with pytest.raises(NotAllowed, match="needs a reason"):
        quarantine.write_off(deps, [], ANNA, reason="  ")


def test_only_a_recording_can_have_a_layout_and_only_an_existing_one(deps):
    refuse(deps.engine, recordings(deps.engine, 1))
    refuse_archive(deps.engine)
    archive, recording = sorted(storage.find(deps.engine), key=lambda row: not row.is_archive)
    with pytest.raises(NotAllowed, match="is an archive"):
        quarantine.replay(deps, [archive], ANNA, reason="", layout="generic_twin_512")
    with pytest.raises(NotFound, match="did you mean generic_twin_512"):
        quarantine.replay(deps, [recording], ANNA, reason="", layout="generic_twin_521")
    assert quarantine.replay(deps, [recording], ANNA, reason="", layout="generic_twin_512") == 1
    assert set(states(deps.engine).values()) == {"waiting"}


def run(deps, landing):
    return download.run(deps, stage_request(), url=str(landing), settle_s=0)


@pytest.mark.slow
def test_an_archive_passes_when_it_is_replayed_with_a_corrected_sidecar(deps, tmp_path):
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
    quarantine.replay(deps, storage.find(deps.engine), ANNA, reason="sidecar corrected")
    run(deps, landing)
    assert storage.find(deps.engine, states=SET_ASIDE) == []
    (counts,) = [
        each for each in stage_counts(deps.engine, NOON, DAY) if each.process == "download"
    ]
    assert (counts.done, counts.balances) == (1, True)
