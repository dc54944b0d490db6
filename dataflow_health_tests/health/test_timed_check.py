from datetime import timedelta

import pytest
from pydantic import ValidationError

from dataflow_health.health.timed_check import PathCheck, Range, TimedCheck, UrlCheck


def test_a_result_is_reused_for_its_interval_unless_a_ttl_is_given() -> None:
    check = TimedCheck(name="a", every=timedelta(seconds=9))
    assert check.reused_for == timedelta(seconds=9)
    assert check.model_copy(update={"ttl": timedelta(seconds=1)}).reused_for.total_seconds() == 1


@pytest.mark.parametrize(
    ("model", "message"),
    [(UrlCheck, "needs url or url_from"), (PathCheck, "needs path or path_from")],
)
def test_an_address_is_required(model: type[TimedCheck], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        model(name="a")


def test_a_range_has_an_end_and_is_not_reversed() -> None:
    with pytest.raises(ValidationError, match="needs at_least or at_most"):
        Range()
    with pytest.raises(ValidationError, match="above at_most"):
        Range(at_least=2, at_most=1)
    assert Range(at_least=1, at_most=1).at_least == 1
