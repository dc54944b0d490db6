from datetime import date

import pytest
from pydantic import ValidationError

from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.simulator.fleet import write_fleet
from dataflow_health.simulator.fleet_plan import FleetPlan
from dataflow_health.simulator.ground_truth import read_truth, write_truth


def test_the_ground_truth_is_read_as_it_was_written(tmp_path):
    events = ((0, PlannedEvent("hard_landing")),)
    plan = FleetPlan(date(2026, 11, 19), 1, 1, 1, (600, 600), events=events)
    truth = write_fleet(tmp_path / "landing", plan)
    write_truth(truth, tmp_path / "truth.json")
    assert read_truth(tmp_path / "truth.json") == truth
    assert [event.algorithm for event in truth.events] == ["hard_landing"]


def test_an_unknown_key_is_rejected(tmp_path):
    path = tmp_path / "truth.json"
    path.write_text('{"seed": 1, "archives": [], "recordings": [], "events": [], "found": 3}')
    with pytest.raises(ValidationError, match="found"):
        read_truth(path)
