import pytest
from hypothesis import given, settings
from ruamel.yaml import YAML

from dataflow_health.flight.layout import Clock, Layout, Linear, Parameter, Table
from dataflow_health.layout_import.layout_yaml import to_yaml
from dataflow_health_tests.flight.frame_encoder import layouts


def load(text: str) -> Layout:
    return Layout.model_validate(YAML(typ="safe").load(text))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(layouts())
def test_any_layout_loads_from_its_yaml(layout):
    text = to_yaml(layout)
    assert load(text) == layout
    assert to_yaml(layout) == text


def test_names_and_texts_with_a_meaning_in_yaml_are_quoted():
    parameter = Parameter(
        describes='a "quoted": name', words=[3, 9], bits=(2, 4), conversion=Linear(scale=1e-7),
        states={0: "NO", 1: "YES"}, valid_range=(0, 9), live=True, required=True,
    )  # fmt: skip
    layout = Layout(words_per_subframe=64, parameters={"NO": parameter, "x": parameter})
    assert load(to_yaml(layout)) == layout


def test_all_keys_of_a_layout_are_written():
    table = Table(kind="table", points=((0, 1), (9, 2)))
    layout = Layout(
        describes="Générique.", words_per_subframe=64, sync_words=(1, 2, 3, 4),
        clock=Clock(hour="hour"),
        parameters={"hour": Parameter(words=[3], unit="h", coding="bcd", digits=(2, 4),
                                      bits=(1, 6), conversion=table)},
    )  # fmt: skip
    text = to_yaml(layout)
    assert text.startswith('describes: "Générique."\nwords_per_subframe: 64\nsync_words: [1,')
    assert load(text) == layout


def test_equal_samples_are_written_in_the_short_form():
    short = Parameter(words=[3, 9], bits=(2, 4))
    long = Parameter(samples=[[{"word": 3}], [{"word": 9, "bits": [1, 4]}]])
    layout = Layout(words_per_subframe=64, parameters={"short": short, "long": long})
    lines = to_yaml(layout).splitlines()
    assert "    words: [3, 9]" in lines
    assert "    bits: [2, 4]" in lines
    assert '    samples: [[{"word": 3}], [{"word": 9, "bits": [1, 4]}]]' in lines
