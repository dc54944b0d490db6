import pytest

from dataflow_health.config import catalogue, view_file, yaml_document
from dataflow_health.health.saved_view import SavedView

BY_HAND = """\
# The night shift. Ask Eva before you change it.
describes: Night shift

# only what pages people
processes: [parse, "lake_*"]  # and the disk
aircraft:
  - HB-Z*   # the western base

# whom to call
notes: |
  # 1: the operator
  Call Eva.
"""


def read(text: str) -> SavedView:
    model, issues = catalogue.validate("views", yaml_document.read("", text.encode()))
    assert issues == []
    assert isinstance(model, SavedView)
    return model


@pytest.mark.parametrize(
    "given",
    [
        {"describes": "Night shift"},
        {"describes": "no"},
        {"describes": "1e3"},
        {"describes": "a: b # c"},
        {"describes": "Zürich ✓"},
        {"describes": "x", "processes": ["parse", "lake_*"], "aircraft": ["HB-Z*", "007"]},
        {"describes": "x", "layout": ["aircraft", "stages"], "notes": "one\n  two\n\n# three\n"},
        {"describes": "x", "notes": " spaces before and after \n"},
        {"describes": "x", "notes": 'tab\there, quote " and backslash \\'},
    ],
)
def test_a_new_file_holds_the_view(given: dict[str, object]) -> None:
    view = SavedView.model_validate(given)
    assert read(view_file.write(view)) == view


def test_the_comments_of_a_person_stay_where_the_value_does() -> None:
    before = read(BY_HAND)
    assert view_file.change(BY_HAND, before) == (BY_HAND, 0)
    after = before.model_copy(update={"aircraft": ("HB-X1",), "layout": ("stages",)})
    text, lost = view_file.change(BY_HAND, after)
    assert read(text) == after
    assert lost == 1, "the comment inside the list of aircraft"
    assert '# only what pages people\nprocesses: [parse, "lake_*"]  # and the disk\n' in text
    assert "# whom to call\nnotes: |\n" in text
    assert "western" not in text


def test_a_key_that_is_usual_again_goes_and_the_comment_of_the_next_one_stays() -> None:
    after = read(BY_HAND).model_copy(update={"aircraft": ()})
    text, lost = view_file.change(BY_HAND, after)
    assert (read(text), lost) == (after, 1)
    assert "# whom to call" in text


@pytest.mark.parametrize(
    "text", ["{describes: x, notes: y}  # one line", "describes: [broken # here", "# nothing\n"]
)
def test_a_file_that_cannot_be_kept_is_written_anew_and_the_loss_is_counted(text: str) -> None:
    view = SavedView(describes="Night", processes=("parse",))
    changed, lost = view_file.change(text, view)
    assert (read(changed), lost) == (view, 1)


def test_a_file_without_an_end_of_line_gets_one() -> None:
    view = SavedView(describes="x", notes="Eva")
    assert view_file.change("describes: x", view) == ("describes: x\nnotes: Eva\n", 0)
