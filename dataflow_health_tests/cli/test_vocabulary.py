import json

from click.testing import CliRunner

from dataflow_health.cli import main


def vocabulary(*arguments, **environment):
    return CliRunner().invoke(main, ["vocabulary", *arguments], env=environment)


def test_a_search_prints_unit_meaning_synonyms_and_algorithms():
    result = vocabulary("search", "engine oil")
    assert result.exit_code == 0, result.output
    first, *rest = result.stdout.splitlines()
    assert first == "engine_1_oil_pressure_psi [psi]  Engine 1 oil pressure."
    assert any("also: E1 OilP, OIP1" in line for line in rest)
    assert any("algorithms: engine_1_oil_pressure_high, " in line for line in rest)
    assert max(map(len, rest)) <= 100


def test_words_need_no_quotes_and_hits_are_limited():
    result = vocabulary("search", "engine", "oil", "--limit", "1", "--json")
    (hit,) = json.loads(result.stdout)
    assert (hit["name"], hit["unit"]) == ("engine_1_oil_pressure_psi", "psi")
    assert "engine_1_oil_pressure_low" in hit["algorithms"]


def test_nothing_found_names_the_page_and_exits_with_2():
    result = vocabulary("search", "banana")
    assert result.exit_code == 2
    assert "docs/vocabulary.md" in result.stderr


def test_an_operators_own_quantity_is_found(tmp_path):
    (tmp_path / "vocabulary").mkdir()
    text = "terms:\n  hoist_load_kg: {describes: Load on the hook., unit: kg}\n"
    (tmp_path / "vocabulary/hoist.yaml").write_text(text)
    result = vocabulary("search", "hook", DATAFLOW_HEALTH_CONFIG=str(tmp_path))
    assert result.stdout == "hoist_load_kg [kg]  Load on the hook.\n"


def test_an_invalid_file_is_reported_without_a_traceback(tmp_path):
    (tmp_path / "vocabulary").mkdir()
    (tmp_path / "vocabulary/hoist.yaml").write_text("terms:\n  a: {unit: kg}\n")
    result = vocabulary("search", "hook", DATAFLOW_HEALTH_CONFIG=str(tmp_path))
    assert result.exit_code == 2
    assert "vocabulary/hoist.yaml:2: terms.a: missing key describes" in result.stderr
