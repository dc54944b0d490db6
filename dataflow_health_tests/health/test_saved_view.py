import pytest
from pydantic import ValidationError

from dataflow_health.health.saved_view import SECTIONS, SavedView


def test_a_view_shows_everything_that_it_does_not_choose() -> None:
    view = SavedView(describes="All")
    assert view.layout == SECTIONS
    assert view.shows("parse")
    some = SavedView(describes="Some", processes=("lake_*", "parse"))
    assert [some.shows(each) for each in ("parse", "lake_disk", "load")] == [True, True, False]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"describes": ""},
        {"describes": "x", "layout": []},
        {"describes": "x", "layout": ["stages", "stages"]},
        {"describes": "x", "layout": ["clock"]},
        {"describes": "x", "aircraft": [""]},
        {"describes": "x", "colour": "green"},
    ],
)
def test_what_is_no_view_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SavedView.model_validate(given)
