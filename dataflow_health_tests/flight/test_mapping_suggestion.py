from pathlib import Path

import pytest

from dataflow_health.flight.layout import Parameter, Part
from dataflow_health.flight.mapping_suggestion import suggest_sources
from dataflow_health.layout_import.layout_file import import_layout
from dataflow_health_tests.factories import catalogue

DATA = Path(__file__).parents[2].parent / "shared" / "data"
AIR_GROUND = {0: "AIR", 1: "GND"}


def make_parameter(describes="", unit="", bits=(1, 12), **declared):
    samples = ((Part(word=2, bits=bits),),)
    return Parameter(describes=describes, unit=unit, samples=samples, **declared)


def suggest(min_confidence=0.5, **parameters):
    return suggest_sources(parameters, catalogue().terms, min_confidence=min_confidence)


def only(**parameters):
    """Quantity and suggestion of the only parameter; None when there is none."""
    found = suggest(**parameters)
    return next(((name, sources[0]) for name, sources in found.items()), None)


def test_name_unit_and_range_give_the_highest_confidence():
    name, best = only(ROLL=make_parameter(unit="DEG", valid_range=(-90, 90)))
    assert (name, best.source.parameter, best.confidence) == ("roll_deg", "ROLL", 0.95)
    assert best.reasons == ("name ROLL", "unit DEG", "range -90 to 90 is plausible")


@pytest.mark.parametrize(
    ("describes", "unit", "quantity"),
    [
        ("OIL TEMP ENG 2 - DAR", "deg F", "engine_2_oil_temperature_c"),
        ("STATIC AIR TEMP", "DEGC", "outside_air_temperature_c"),
        ("Main rotor speed", "%", "rotor_speed_pct"),
        ("CAP DISP PITCH ATT", "DEGS", "pitch_deg"),
        ("Radar altitude F/O", "feet", "radio_altitude_ft"),
    ],
)
def test_a_description_and_a_unit_are_enough(describes, unit, quantity):
    name, best = only(X7=make_parameter(describes, unit))
    assert name == quantity
    assert 0.5 <= best.confidence < 0.85


@pytest.mark.parametrize(
    ("name", "parameter"),
    [
        ("ROLL", make_parameter(unit="psi")),
        ("ROLL", make_parameter(unit="XYZ")),
        ("ROLL", make_parameter(unit="deg", valid_range=(1000, 2000))),
        ("ROLL", make_parameter(unit="deg", states={0: "OFF"})),
        ("ROLL", make_parameter(coding="characters", bits=(1, 8))),
        ("X7", make_parameter("SELECTED ROLL ANGLE", "deg")),
        ("X7", make_parameter("Oil temp eng 3", "deg C")),
        ("X7", make_parameter("", "deg C")),
        ("WOW", make_parameter()),
    ],
)
def test_evidence_against_it_forbids_a_suggestion(name, parameter):
    assert only(**{name: parameter}) is None


def test_states_are_reassigned_where_the_recorder_counts_the_other_way():
    equal = make_parameter("Squat switch", bits=(1, 1), states=AIR_GROUND)
    opposite = make_parameter("Squat switch", bits=(1, 1), states={0: "GROUND", 1: "AIR"})
    _, first = only(X7=equal)
    _, second = only(X7=opposite)
    assert (first.source.states, second.source.states) == ({}, {0: 1, 1: 0})
    assert first.reasons[-1] == "states 0 AIR, 1 GND"


def test_the_only_engine_needs_no_number():
    name, best = only(X7=make_parameter("ENG OIL TEMP", "deg C"))
    assert (name, best.confidence) == ("engine_1_oil_temperature_c", 0.65)
    assert best.reasons[0].endswith("without a number")


def test_the_vocabularys_unit_is_assumed_where_the_layout_states_none():
    _, assumed = only(ROLL=make_parameter())
    assert (assumed.source.unit, assumed.confidence) == ("deg", 0.6)
    assert assumed.reasons[-1] == "no unit stated, so deg"
    _, stated = only(ROLL=make_parameter(unit="DEGS"))
    assert stated.source.unit is None


def test_unknown_states_are_marked():
    _, best = only(WOW=make_parameter(bits=(1, 1), states={0: "NO", 1: "YES"}))
    assert best.reasons[-1] == "its states need a look"


def test_the_best_sources_come_first_and_distant_ones_are_left_out():
    roll = make_parameter("ROLL ANGLE", "deg")
    parameters = {"ROLL_C": roll, "ROLL_F": roll, "ROLL_X": roll, "ROLL_Y": roll, "ROLL": roll}
    found = [each.source.parameter for each in suggest(**parameters)["roll_deg"]]
    assert found == ["ROLL", "ROLL_C", "ROLL_F"]
    distant = make_parameter("roll angle inertial other", "deg")
    assert len(suggest(ROLL=roll, X7=distant)["roll_deg"]) == 1


def test_a_minimum_of_confidence_is_kept():
    assert suggest(min_confidence=0.9, ROLL=make_parameter(unit="deg")) == {}


@pytest.mark.parametrize("layout", ["generic_twin_256", "generic_twin_512"])
def test_the_own_layouts_are_suggested_for_themselves(layout):
    parameters = catalogue().layouts[layout].parameters
    found = suggest_sources(parameters, catalogue().terms, min_confidence=0.5)
    wrong = {
        (name, source.source.parameter)
        for name, sources in found.items()
        for source in sources
        if source.source.parameter != name
    }
    assert wrong == set()
    measured = {name for name in parameters if not parameters[name].is_text}
    assert measured - set(found) == set()


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the real layouts are not beside this project")
def test_a_real_layout_is_mapped_as_its_own_descriptions_say():
    (layout,) = import_layout(DATA / "wqar-arinc717" / "010888.vec").layouts.values()
    found = suggest_sources(layout.parameters, catalogue().terms, min_confidence=0.5)
    first = {name: sources[0].source.parameter for name, sources in found.items()}
    expected = {
        "acceleration_vertical_g": "VRTG", "airspeed_kt": "IAS", "roll_deg": "ROLL",
        "pitch_deg": "PITCH", "vertical_speed_ft_min": "IVVR", "latitude_deg": "LATP",
        "engine_1_oil_pressure_psi": "OIL_PRS1", "engine_2_oil_temperature_c": "OIL_TMP2",
        "engine_1_tot_c": "EGT1", "engine_2_fuel_flow_kg_h": "FF2", "weight_on_wheels": "LDGC",
        "pressure_altitude_ft": "ALT_STD", "gross_weight_kg": "GW",
    }  # fmt: skip
    assert {name: first.get(name) for name in expected} == expected
