import json

import jsonschema
import pytest

from dataflow_health.config import BUILTIN_FOLDER, yaml_document, yaml_schema
from docs.generate import json_schemas

KINDS = sorted(yaml_schema.SINGULAR.items())


def schema_of(kind):
    return json.loads((json_schemas.FOLDER / f"{kind}.schema.json").read_text())


def problems(kind, data):
    validator = jsonschema.Draft202012Validator(schema_of(kind))
    return [error.message for error in validator.iter_errors(json.loads(json.dumps(data)))]


def test_the_schema_files_are_up_to_date():
    assert list(json_schemas.outdated()) == [], "run `just docs`"


def test_an_outdated_or_missing_schema_file_is_listed(tmp_path):
    json_schemas.write(tmp_path)
    assert list(json_schemas.outdated(tmp_path)) == []
    (tmp_path / "layout.schema.json").write_text("{}")
    (tmp_path / "recorder.schema.json").unlink()
    assert sorted(json_schemas.outdated(tmp_path)) == ["layout.schema.json", "recorder.schema.json"]


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "kind"), KINDS)
def test_a_schema_is_valid_and_accepts_every_builtin_file(folder, kind):
    jsonschema.Draft202012Validator.check_schema(schema_of(kind))
    files = sorted((BUILTIN_FOLDER / folder).glob("*.yaml"))
    files += [
        BUILTIN_FOLDER / name for name, of in yaml_schema.SINGLE_FILES.items() if of == folder
    ]
    assert files or folder == "views"  # those are made by their users
    for path in files:
        assert problems(kind, yaml_document.read(path.name, path.read_bytes()).data) == [], (
            path.name
        )


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("layout", {"words_per_subframe": 64, "parameters": {"a": {"word": [1]}}}),
        ("layout", {"words_per_subframe": 64, "parameters": {"a": {"words": [0]}}}),
        ("recorder", {"kind": "csv"}),
        ("algorithm", {"kind": "exceedence"}),
        ("process", {"describes": "x", "checks": [{"kind": "disk_free", "name": "a b"}]}),
    ],
)
def test_a_schema_rejects_what_the_models_reject(kind, data):
    assert problems(kind, data)


@pytest.mark.parametrize(("folder", "kind"), KINDS)
def test_every_key_is_described(folder, kind):
    schema = schema_of(kind)
    definitions = [schema, *schema["$defs"].values()] if "$defs" in schema else [schema]
    undescribed = [
        f"{definition['title']}.{key}"
        for definition in definitions
        for key, value in definition.get("properties", {}).items()
        if "description" not in value and key != "kind"
    ]
    assert undescribed == []
