from pathlib import Path

from dataflow_health.settings import Settings
from docs.generate import settings_reference

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == settings_reference.update(page), "run `just docs`"


def test_every_setting_has_a_row_with_a_description() -> None:
    rows = settings_reference.settings().splitlines()
    for name in Settings.model_fields:
        (row,) = [each for each in rows if f"| `DATAFLOW_HEALTH_{name.upper()}` |" in each]
        assert row.split("|")[3].strip()


def test_secrets_have_no_default_on_the_page() -> None:
    assert "| `DATAFLOW_HEALTH_DATABASE_URL` |  |" in settings_reference.settings()
