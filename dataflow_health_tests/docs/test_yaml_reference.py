from pathlib import Path

from dataflow_health.config import yaml_schema
from docs.generate import yaml_reference

PAGE = Path(__file__).parents[2] / "docs" / "yaml.md"


def test_the_page_says_what_the_models_say():
    text = PAGE.read_text()
    assert text == yaml_reference.with_keys(text), "run `just docs`"


def test_the_hand_written_part_is_kept():
    page = yaml_reference.with_keys(f"# Mine\n\n{yaml_reference.MARK}OUTDATED\n")
    assert page.startswith(f"# Mine\n\n{yaml_reference.MARK}\n## Every key of a process")
    assert "OUTDATED" not in page


def test_every_key_of_every_shape_is_in_it():
    page = yaml_reference.with_keys("")
    for folder in yaml_schema.MODELS:
        schema = yaml_schema.schema(folder)
        for shape in [schema, *schema.get("$defs", {}).values()]:
            for key in shape.get("properties", {}):
                assert f"| `{key}` |" in page or key == "kind", (folder, shape["title"], key)


def test_what_kinds_share_is_told_once():
    page = yaml_reference.with_keys("")
    assert page.count("Interval of the probe.") == 1
    assert page.count("Source and nature of the limit") == 1
