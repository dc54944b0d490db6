from pathlib import Path

from dataflow_health.simulator.event_kinds import EVENT_KINDS
from dataflow_health.simulator.faults import FAULT_KINDS
from dataflow_health.simulator.layouts import generic_layout
from docs.generate.simulator_reference import MARK, with_tables

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"


def test_the_page_says_what_layout_and_registries_say():
    text = PAGE.read_text(encoding="utf-8")
    hint = "run `python -m docs.generate.simulator_reference docs/simulator.md`"
    assert text == with_tables(text), hint


def test_the_hand_written_part_is_kept():
    page = with_tables(f"# Mine\n\n{MARK}OUTDATED\n")
    assert page.startswith(f"# Mine\n\n{MARK}\n## Events")
    assert "OUTDATED" not in page


def test_every_event_fault_and_parameter_has_a_line():
    page = with_tables("")
    for name in (*EVENT_KINDS, *FAULT_KINDS, *generic_layout().parameters):
        assert page.count(f"\n| `{name}` |") >= 1, name
