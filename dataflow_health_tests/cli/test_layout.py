import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from dataflow_health.cli import main
from dataflow_health.cli.layout import file_stem, layout_name
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as load

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "wqar-arinc717"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the real layouts are not here")


def layout(*arguments, **environment):
    return CliRunner().invoke(main, ["layout", *map(str, arguments)], env=environment)


@pytest.mark.slow
@needs_shared
def test_an_imported_layout_can_be_loaded(tmp_path):
    result = layout("import", SHARED / "010888.vec", "--into", tmp_path, "--name", "boeing")
    assert result.exit_code == 0, result.output
    catalogue = load.load(tmp_path)
    count = len(catalogue.layouts["boeing"].parameters)
    assert f"boeing.yaml: {count} parameters" in result.stdout
    assert count > 100
    assert "fuel_quantity_low" in result.stdout
    shipped = len(load.load(BUILTIN_FOLDER).algorithms)
    sentence = f"0 of {shipped} algorithms apply to layout boeing: parameters not mapped: "
    assert sentence in result.stderr


@pytest.mark.slow
@needs_shared
def test_without_a_folder_the_yaml_is_printed(tmp_path):
    result = layout("import", SHARED / "010888.vec")
    assert result.exit_code == 0
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/shown.yaml").write_text(result.stdout)
    assert load.load(tmp_path).layouts["shown"].parameters


@pytest.mark.slow
@needs_shared
def test_warnings_are_printed_apart_from_the_yaml():
    summary = json.loads(layout("import", SHARED / "010888.vec", "--json").stdout)
    result = layout("import", SHARED / "010888.vec")
    assert result.stderr.splitlines() == [f"warning: {x}" for x in summary["warnings"]]
    assert [each["name"] for each in summary["layouts"]] == ["10888"]


@pytest.mark.slow
@needs_shared
def test_an_existing_layout_is_replaced_only_with_force(tmp_path):
    assert layout("import", SHARED / "010888.vec", "--into", tmp_path).exit_code == 0
    path = tmp_path / "layouts/10888.yaml"
    path.write_text("edited")
    refused = layout("import", SHARED / "010888.vec", "--into", tmp_path)
    assert refused.exit_code == 2
    assert "already exists; --force replaces it" in refused.output
    assert path.read_text() == "edited"
    path.unlink()
    (tmp_path / "layouts/010889.yaml").write_text("edited")
    again = layout(
        "import", SHARED / "010888.vec", "--into", tmp_path, DATAFLOW_HEALTH_CONFIG=str(tmp_path)
    )
    assert again.exit_code == 0
    assert "1 mistakes in the YAML; dataflow-health validate lists them" in again.stderr
    forced = layout(
        "import", SHARED / "010888.vec", "--force", DATAFLOW_HEALTH_CONFIG=str(tmp_path)
    )
    assert forced.exit_code == 0
    assert path.read_text() != "edited"


@needs_shared
def test_tails_are_printed_as_yaml_of_a_recorder(tmp_path):
    result = layout("tails", SHARED / "aircraft.air")
    assert result.exit_code == 0
    assert '  "B-8888": "10888"' in result.stdout.splitlines()
    (tmp_path / "recorders").mkdir()
    recorder = f"kind: arinc717\nmembers: [dat]\n{result.stdout}"
    (tmp_path / "recorders/card.yaml").write_text(recorder)
    with pytest.raises(load.ConfigError) as caught:
        load.load(tmp_path)
    assert all("unknown layout" in fault.problem for fault in caught.value.issues)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "notes.txt",
            b"hello",
            "notes.txt: not a layout file of a supported format (a .vec, .PRM or FRED .xml",
        ),
        ("broken.vec", b"no zip", "broken.vec"),
        ("empty.PRM", b"", "empty.PRM"),
    ],
)
def test_a_file_that_is_not_a_layout_is_refused_in_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    result = layout("import", tmp_path / name)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert "Traceback" not in result.output


def test_a_vec_file_without_tables_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.vec", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    result = layout("import", tmp_path / "x.vec")
    assert result.exit_code == 2
    assert "the archive contains no .fra and no .par table" in result.stderr


@pytest.mark.parametrize(
    ("given", "stem"), [("010888", "010888"), ("B737-800 V2", "b737_800_v2"), ("__", "layout")]
)
def test_a_name_is_converted_to_a_file_name(given, stem):
    assert file_stem(given) == stem


@pytest.mark.parametrize(
    ("given", "name"), [("010888", "10888"), ("000", "0"), ("0A1", "0a1"), ("78711", "78711")]
)
def test_a_layout_that_is_a_number_has_one_name(given, name):
    assert layout_name(given) == name
