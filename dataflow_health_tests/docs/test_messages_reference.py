from pathlib import Path

from dataflow_health.health import remedy
from docs.generate import messages_reference

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "messages.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == messages_reference.update(page), "run `just docs`"


def test_every_reason_with_a_step_and_every_error_has_a_row() -> None:
    page = messages_reference.update("")
    for name in (*remedy.DAMAGED, *remedy.MENDABLE, *remedy.BY_KIND, *remedy.BY_CHECK):
        assert f"\n| `{name}` | " in page, name
    assert "| `SourceUnreachable` | The archive source does not respond" in page
