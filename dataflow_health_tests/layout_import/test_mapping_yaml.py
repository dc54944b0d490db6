from dataflow_health.config import catalogue, yaml_document
from dataflow_health.flight.mapping import MappedSource
from dataflow_health.flight.mapping_suggestion import SuggestedSource
from dataflow_health.layout_import.mapping_yaml import to_yaml


def test_the_text_is_a_valid_mapping_with_reasons_as_comments():
    first = SuggestedSource(
        MappedSource(parameter="N: 1", unit="%"), 0.85, ("name ROLL", "unit\ndeg")
    )
    wheels = MappedSource(parameter="WOW", states={0: 1, 1: 0})
    second = SuggestedSource(wheels, 0.5, ("states 0 GROUND, 1 AIR",))
    text = to_yaml("10888", {"roll_deg": [first, first], "weight_on_wheels": [second]})
    assert "    # 0.85: name ROLL; unit deg\n" in text
    document = yaml_document.read("mappings/x.yaml", text.encode())
    model, issues = catalogue.validate("mappings", document)
    assert issues == []
    assert model.layouts == ("10888",)
    roll = model.quantities["roll_deg"][1]
    assert (roll.parameter, roll.unit) == ("N: 1", "%")
    assert model.quantities["weight_on_wheels"][0].states == {0: 1, 1: 0}
