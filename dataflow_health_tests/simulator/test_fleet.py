import hashlib
import zipfile
from datetime import UTC, date, datetime

import pytest

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.faults import FAULT_KINDS
from dataflow_health.simulator.fleet import write_fleet
from dataflow_health.simulator.fleet_plan import (
    FleetPlan,
    add_events_and_faults,
    demo_plan,
    plan_sorties,
)
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.simulated_flight import simulate_flight
from dataflow_health.stages.identification import identify

DAY = date(2026, 11, 19)
SMALL = FleetPlan(DAY, helicopters=1, days=1, flights_per_day=2, duration_s=(600, 620))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return folder, write_fleet(folder, demo_plan(DAY))


def test_the_ground_truth_lists_the_files_that_were_written(demo):
    folder, truth = demo
    files = contents(folder)
    listed = {archive.name: archive for archive in truth.archives}
    assert set(files) == set(listed)
    for name, content in files.items():
        assert hashlib.sha256(content).hexdigest() == listed[name].id
        at = datetime.fromtimestamp((folder / name).stat().st_mtime, UTC)
        assert at == listed[name].arrived_at
    assert [archive.arrived_at for archive in truth.archives] == sorted(
        archive.arrived_at for archive in truth.archives
    )


def test_every_recording_is_identified_in_its_archive(demo):
    folder, truth = demo
    recorders = load(BUILTIN_FOLDER).recorders
    for recording in truth.recordings:
        if not recording.loads and recording.faults[0].level == "archive":
            continue
        with zipfile.ZipFile(folder / recording.archive) as archive:
            assert hashlib.sha256(archive.read(recording.name)).hexdigest() == recording.id
        identification = identify(recording.archive, recording.name, recorders)
        assert identification is not None
        assert (identification.recorder, identification.layout) == ("generic_rdf", recording.layout)
        assert (identification.tail, identification.started_at) == (
            recording.tail,
            recording.started_at,
        )
        assert identification.archive_tail is None


def test_events_are_only_in_recordings_that_load(demo):
    _, truth = demo
    loaded = {recording.id for recording in truth.recordings if recording.loads}
    assert len(truth.events) == 7
    assert {event.recording for event in truth.events} <= loaded


def test_equal_plans_write_identical_bytes_and_other_seeds_different_ones(tmp_path):
    folders = [tmp_path / name for name in ("one", "two", "other")]
    truths = [write_fleet(folder, SMALL) for folder in folders[:2]]
    other = write_fleet(folders[2], FleetPlan(DAY, 1, 1, 2, (600, 620), seed=2))
    assert truths[0] == truths[1]
    assert contents(folders[0]) == contents(folders[1])
    assert {r.id for r in other.recordings}.isdisjoint(r.id for r in truths[0].recordings)


def test_progress_is_reported_and_no_temporary_file_remains(tmp_path):
    calls = []
    write_fleet(tmp_path, SMALL, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]
    assert all(path.suffix == ".zip" and path.name[0] != "." for path in tmp_path.iterdir())


@pytest.mark.parametrize("word_packing", ["le16", "be16", "packed"])
def test_a_recording_without_fault_is_the_encoded_flight(tmp_path, word_packing):
    plan = FleetPlan(DAY, 1, 1, 1, (600, 600), word_packing=word_packing)
    (recording,) = write_fleet(tmp_path, plan).recordings
    (sortie,) = plan_sorties(plan)
    raw = encode(
        generic_layout(), simulate_flight(sortie.flight, generic_layout()).counts, word_packing
    )
    assert recording.id == hashlib.sha256(raw).hexdigest()


@pytest.mark.slow
def test_every_fault_is_written_and_listed_in_the_ground_truth(tmp_path):
    flights = len(FAULT_KINDS)
    plan = add_events_and_faults(FleetPlan(DAY, flights, 1, 1, (600, 600)), [], list(FAULT_KINDS))
    truth = write_fleet(tmp_path, plan)
    listed = {fault.name: fault for archive in truth.archives for fault in archive.faults}
    assert set(listed) == set(FAULT_KINDS)
    assert len(truth.archives) == flights + 1, "the duplicate is one more"
    assert len(truth.recordings) == flights + 1, "one archive holds two recordings of one flight"
    for recording in truth.recordings:
        assert recording.loads == FAULT_KINDS[recording.faults[0].name].loads
