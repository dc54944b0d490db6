from pathlib import Path

from dataflow_health.simulator.event_kinds import EVENT_KINDS
from dataflow_health.simulator.faults import FAULT_KINDS
from dataflow_health.simulator.layouts import generic_layout
from docs.generate.simulator_reference import update

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"


def test_the_page_is_up_to_date():
    text = PAGE.read_text(encoding="utf-8")
    assert text == update(text), "run `just docs`"


def test_every_event_fault_and_parameter_has_a_row():
    page = update("")
    for name in (*EVENT_KINDS, *FAULT_KINDS, *generic_layout().parameters):
        assert page.count(f"\n| `{name}` |") >= 1, name
