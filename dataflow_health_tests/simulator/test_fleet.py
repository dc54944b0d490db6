import hashlib
import zipfile
from datetime import UTC, date, datetime

import pytest

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config.catalogue import load
from dataflow_health.simulator.encoder import encode
from dataflow_health.simulator.events import Event
from dataflow_health.simulator.faults import FAULTS
from dataflow_health.simulator.fleet import demo_plan, write_fleet
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.plan import FleetPlan, sorties, with_happenings
from dataflow_health.simulator.recorded import record
from dataflow_health.simulator.truth import read_truth, write_truth
from dataflow_health.stages.extract import recognise

DAY = date(2026, 11, 19)
SMALL = FleetPlan(DAY, helicopters=1, days=1, flights_per_day=2, duration_s=(600, 620))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return folder, write_fleet(folder, demo_plan(DAY))


def test_what_is_written_is_what_the_truth_says(demo):
    folder, truth = demo
    files = contents(folder)
    told = {archive.name: archive for archive in truth.archives}
    assert set(files) == set(told)
    for name, content in files.items():
        assert hashlib.sha256(content).hexdigest() == told[name].id
        at = datetime.fromtimestamp((folder / name).stat().st_mtime, UTC)
        assert at == told[name].arrived_at
    assert [archive.arrived_at for archive in truth.archives] == sorted(
        archive.arrived_at for archive in truth.archives
    )


def test_recordings_are_in_their_archives_and_recognised(demo):
    folder, truth = demo
    recorders = load(BUILTIN_FOLDER).recorders
    for recording in truth.recordings:
        if not recording.loads and recording.faults[0].level == "archive":
            continue
        with zipfile.ZipFile(folder / recording.archive) as archive:
            assert hashlib.sha256(archive.read(recording.name)).hexdigest() == recording.id
        known = recognise(recording.archive, recording.name, recorders)
        assert known is not None
        assert (known.recorder, known.layout) == ("generic_rdf", recording.layout)
        assert (known.tail, known.started_at) == (recording.tail, recording.started_at)
        assert known.disagreement is None


def test_events_are_those_of_recordings_that_load(demo):
    _, truth = demo
    loaded = {recording.id for recording in truth.recordings if recording.loads}
    assert len(truth.events) == 7
    assert {event.recording for event in truth.events} <= loaded


def test_the_same_plan_writes_the_same_bytes_and_another_seed_others(tmp_path):
    folders = [tmp_path / name for name in ("one", "two", "other")]
    truths = [write_fleet(folder, SMALL) for folder in folders[:2]]
    other = write_fleet(folders[2], FleetPlan(DAY, 1, 1, 2, (600, 620), seed=2))
    assert truths[0] == truths[1]
    assert contents(folders[0]) == contents(folders[1])
    assert {r.id for r in other.recordings}.isdisjoint(r.id for r in truths[0].recordings)


def test_nothing_unfinished_is_left_and_progress_is_told(tmp_path):
    told = []
    write_fleet(tmp_path, SMALL, lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    assert all(path.suffix == ".zip" and path.name[0] != "." for path in tmp_path.iterdir())


@pytest.mark.parametrize("word_packing", ["le16", "be16", "packed"])
def test_a_sound_recording_is_the_encoders(tmp_path, word_packing):
    plan = FleetPlan(DAY, 1, 1, 1, (600, 600), word_packing=word_packing)
    (recording,) = write_fleet(tmp_path, plan).recordings
    (sortie,) = sorties(plan)
    raw = encode(generic_layout(), record(sortie.flight, generic_layout()).counts, word_packing)
    assert recording.id == hashlib.sha256(raw).hexdigest()


def test_every_fault_can_be_written_and_is_told(tmp_path):
    flights = len(FAULTS)
    plan = with_happenings(FleetPlan(DAY, flights, 1, 1, (600, 600)), [], list(FAULTS))
    truth = write_fleet(tmp_path, plan)
    told = {fault.name: fault for archive in truth.archives for fault in archive.faults}
    assert set(told) == set(FAULTS)
    assert len(truth.archives) == flights + 1, "the duplicate is one more"
    assert len(truth.recordings) == flights + 1, "one archive holds two recordings of one flight"
    for recording in truth.recordings:
        assert recording.loads == FAULTS[recording.faults[0].name].loads


def test_the_truth_is_read_as_it_was_written(tmp_path):
    plan = FleetPlan(DAY, 1, 1, 1, (600, 600), events=((0, Event("hard_landing")),))
    truth = write_fleet(tmp_path / "landing", plan)
    write_truth(truth, tmp_path / "truth.json")
    assert read_truth(tmp_path / "truth.json") == truth
