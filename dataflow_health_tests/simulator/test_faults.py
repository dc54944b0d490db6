import pytest

from dataflow_health.errors import NotFound
from dataflow_health.flight.quality import assess_quality
from dataflow_health.simulator.fault_kind import FaultKind
from dataflow_health.simulator.faults import (
    FAULT_KINDS,
    apply_to_files,
    apply_to_members,
    find_fault_kind,
)
from dataflow_health_tests.simulator.decoding import decoded, findings
from dataflow_health_tests.simulator.faulty_recordings import (
    FLIGHT,
    LAYOUT,
    RAW,
    RECORDING_LEVEL,
    decode_with,
    encode_with,
)

UNFLAGGED = {"intact", "found"}


def with_outcome(*outcomes: str) -> list[str]:
    return [name for name, kind in RECORDING_LEVEL.items() if kind.outcome in outcomes]


@pytest.mark.parametrize("name", FAULT_KINDS)
def test_a_fault_has_one_change_and_a_consistent_outcome(name):
    kind = FAULT_KINDS[name]
    steps = [kind.on_counts, kind.on_words, kind.on_bytes, kind.on_members, kind.on_files]
    assert sum(step is not None for step in steps) == 1
    assert kind.stage in {"download", "extract", "parse", "analyse"}
    assert bool(kind.reason) >= (kind.outcome in {"quarantined", "flagged", "found"})
    assert kind.loads == (kind.outcome not in {"quarantined", "waiting"})


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDING_LEVEL)
def test_a_fault_changes_the_bytes_in_a_reproducible_way(name):
    kind = RECORDING_LEVEL[name]
    assert encode_with(kind) != RAW
    assert encode_with(kind) == encode_with(kind)


@pytest.mark.parametrize("name", with_outcome("found"))
def test_a_fault_found_by_an_algorithm_is_its_only_finding(name):
    found = findings(decode_with(name))
    assert [algorithm for algorithm, _ in found] == [RECORDING_LEVEL[name].reason]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [n for n, k in RECORDING_LEVEL.items() if k.loads and k.outcome != "found"]
)
def test_no_other_fault_causes_a_finding(name):
    assert findings(decode_with(name)) == []


@pytest.mark.parametrize("name", with_outcome("flagged"))
def test_a_flagged_fault_is_named_by_its_check_and_not_refused(name):
    remarks = assess_quality(decode_with(name), LAYOUT, FLIGHT.plan.started_at)
    assert RECORDING_LEVEL[name].reason in {remark.check for remark in remarks}
    assert not any(remark.refuse for remark in remarks)


@pytest.mark.parametrize("name", ["", *with_outcome(*UNFLAGGED)])
def test_no_check_names_an_intact_recording(name):
    raw = encode_with(RECORDING_LEVEL[name]) if name else RAW
    assert assess_quality(decoded(raw, LAYOUT), LAYOUT, FLIGHT.plan.started_at) == ()


def test_without_a_fault_members_and_files_are_unchanged():
    kind = FaultKind("x", "recording", "parse", "intact")
    assert apply_to_members((), None) == apply_to_members((), kind) == ()
    assert apply_to_files((), None) == apply_to_files((), kind) == ()


def test_an_unknown_fault_lists_the_known_ones():
    with pytest.raises(NotFound, match=r"unknown fault 'flood'.*bit_slip"):
        find_fault_kind("flood")
