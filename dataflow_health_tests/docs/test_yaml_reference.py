from pathlib import Path

from dataflow_health.config import yaml_schema
from docs.generate import yaml_reference

PAGE = Path(__file__).parents[2] / "docs" / "yaml.md"


def test_the_page_is_up_to_date():
    text = PAGE.read_text(encoding="utf-8")
    assert text == yaml_reference.update(text), "run `just docs`"


def test_every_key_of_every_schema_has_a_row():
    page = yaml_reference.update("")
    for folder in yaml_schema.MODELS:
        schema = yaml_schema.schema(folder)
        for definition in [schema, *schema.get("$defs", {}).values()]:
            for key in definition.get("properties", {}):
                assert f"| `{key}` |" in page or key == "kind", (folder, definition["title"], key)


def test_keys_shared_by_most_kinds_are_listed_once():
    page = yaml_reference.update("")
    for key in ("source", "members", "objective_pct", "severity"):
        assert page.count(f"| `{key}` | required |") <= 1, key
    assert page.count("### Keys of every kind") >= 2
