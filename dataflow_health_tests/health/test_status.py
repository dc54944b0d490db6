"""The order and the algebra of statuses."""

from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.health.status import ORDER, Status, worst

statuses = st.sampled_from(Status)


@given(statuses, statuses, statuses)
def test_worst_is_associative(a: Status, b: Status, c: Status) -> None:
    assert worst([worst([a, b]), c]) is worst([a, worst([b, c])])


@given(st.lists(statuses, min_size=1))
def test_worst_does_not_depend_on_order_or_repetition(several: list[Status]) -> None:
    assert worst(several) is worst(reversed(several)) is worst([*several, *several])


@given(st.lists(statuses, min_size=1))
def test_healthy_is_neutral(several: list[Status]) -> None:
    assert worst([*several, Status.HEALTHY]) is worst(several)


@given(st.lists(statuses, min_size=1), statuses)
def test_adding_a_status_never_improves_the_worst(several: list[Status], another: Status) -> None:
    assert worst([*several, another]).rank >= worst(several).rank


def test_the_worst_of_no_status_is_unknown() -> None:
    assert worst([]) is Status.UNKNOWN


def test_the_order_of_statuses() -> None:
    assert [status.value for status in ORDER] == [
        "HEALTHY", "RUNNING", "UNKNOWN", "STALE", "WARNING", "BLOCKED", "FAILED",
    ]  # fmt: skip


def test_no_two_statuses_share_a_symbol() -> None:
    assert len({status.symbol for status in Status}) == len(Status)
    assert all(status.meaning for status in Status)
