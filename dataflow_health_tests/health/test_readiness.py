from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.health.readiness import OpenItem, decide
from dataflow_health_tests.factories import NOON

HOUR = timedelta(hours=1)


def item(hours: int, state: str = "quarantined") -> OpenItem:
    return OpenItem(
        id=f"{hours:064x}", name="HB-ZAA_1.zip", is_archive=True, stage="extract", state=state,
        reason="crc_error", arrived_at=NOON + hours * HOUR,
    )  # fmt: skip


def test_an_open_item_as_new_as_the_last_loaded_recording_is_the_reason_for_no() -> None:
    assert not decide("HB-ZAA", NOON, [item(0)]).ready
    found = decide("HB-ZAA", NOON, [item(-2), item(1)])
    assert not found.ready
    assert found.reason == (
        "HB-ZAA_1.zip is quarantined at extract (crc_error), arrived 2026-11-20 13:00Z"
    )
    waiting = decide("HB-ZAA", NOON, [item(1, "waiting")])
    assert waiting.reason == "HB-ZAA_1.zip is waiting at extract, arrived 2026-11-20 13:00Z"


def test_older_open_items_are_counted_and_do_not_change_the_answer() -> None:
    found = decide("HB-ZAA", NOON, [item(-1), item(-2)])
    assert found.ready
    assert found.reason.endswith("has its results; 2 older without results")
    assert [each.arrived_at for each in found.open_items] == [NOON - HOUR, NOON - 2 * HOUR]


def test_without_any_results_an_aircraft_is_not_ready() -> None:
    found = decide("HB-ZAA", None, [])
    assert (found.ready, found.reason) == (False, "no recording of it has results in SQL")
    assert not decide("HB-ZAA", None, [item(-100)]).ready


def test_many_open_items_are_counted() -> None:
    assert decide("HB-ZAA", None, [item(n) for n in range(5)]).reason.endswith("; and 2 more")


@given(st.lists(st.integers(-5, 5)), st.integers(-5, 5))
def test_an_item_that_ends_never_makes_a_ready_aircraft_unready(
    hours: list[int], loaded: int
) -> None:
    items, at = [item(each) for each in hours], NOON + loaded * HOUR
    if decide("HB-ZAA", at, items).ready:
        assert all(decide("HB-ZAA", at, items[:n]).ready for n in range(len(items)))
    else:
        assert decide("HB-ZAA", at, items).open_items
