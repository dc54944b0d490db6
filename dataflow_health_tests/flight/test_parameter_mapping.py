import numpy as np
import pytest

from dataflow_health.flight.layout import Linear, Parameter, Part, Polynomial, Table
from dataflow_health.flight.mapping import ParameterMapping
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.parameter_mapping import apply_mapping
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series
from dataflow_health.flight.vocabulary import Term

TERMS = {
    "oil_c": Term(describes="Oil temperature.", unit="C", plausible_range=(-60, 200)),
    "fuel_kg": Term(describes="Fuel.", unit="kg"),
    "flow_kg_h": Term(describes="Fuel flow.", unit="kg/h"),
    "nz_g": Term(describes="Load factor.", unit="g"),
    "wheels": Term(
        describes="Squat switch.", states={0: "air", 1: "ground"}, plausible_range=(0, 1)
    ),
    "roll_deg": Term(describes="Bank angle.", unit="deg"),
}


def make_series(counts, unit="", rows=None, **declared):
    counts = np.array(counts, np.int32)
    counts = counts[:, None] if counts.ndim == 1 else counts
    rows = np.arange(len(counts)) if rows is None else np.array(rows)
    parameter = Parameter(unit=unit, samples=((Part(word=2),),), **declared)
    return Series(parameter, rows.astype(np.int32), counts, (0.0,))


def make_recording(**series):
    second = np.arange(3, dtype=np.int32)
    return DecodedRecording(second, series, None, "packed", 3, 0)


def mapped(quantity, *sources, **series):
    mapping = ParameterMapping(recorders=["card"], quantities={quantity: sources})
    return apply_mapping(make_recording(**series), mapping, TERMS)


def values_of(quantity, *sources, **series):
    result = mapped(quantity, *sources, **series)
    assert result.notes == ()
    return to_values(result.recording.series[quantity])[:, 0].tolist()


def test_counts_stay_as_recorded_and_only_their_conversion_changes():
    recorded = make_series([21200, 3200, MISSING], "deg F", conversion=Linear(scale=0.01))
    result = mapped("oil_c", {"parameter": "OIT"}, OIT=recorded)
    series = result.recording.series["oil_c"]
    assert series.counts is recorded.counts
    assert to_values(series)[:, 0].tolist() == pytest.approx([100, 0, np.nan], nan_ok=True)
    assert (series.parameter.unit, series.parameter.describes) == ("C", "Oil temperature.")
    assert result.sources == {"oil_c": ("OIT",)}
    assert list(result.recording.series) == ["oil_c", "OIT"]
    assert result.recording.series["OIT"] is recorded


def test_the_same_unit_keeps_every_digit():
    recorded = make_series([3, 17, 1794], "deg C", conversion=Linear(scale=0.01))
    assert values_of("oil_c", {"parameter": "OIT"}, OIT=recorded) == [0.03, 0.17, 17.94]


@pytest.mark.parametrize(
    ("conversion", "expected"),
    [
        (Polynomial(kind="polynomial", coefficients=(32, 18)), [0, 10, 20]),
        (Table(kind="table", points=((0, 32), (2, 68))), [0, 10, 20]),
    ],
)
def test_every_kind_of_conversion_is_followed_by_the_units(conversion, expected):
    recorded = make_series([0, 1, 2], "F", conversion=conversion)
    assert values_of("oil_c", {"parameter": "OIT"}, OIT=recorded) == pytest.approx(expected)


def test_scale_and_offset_are_in_the_recorders_unit():
    recorded = make_series([-1, 0, 1], "G")
    assert values_of("nz_g", {"parameter": "N", "offset": 1}, N=recorded) == [0, 1, 2]
    reversed_sign = {"parameter": "N", "scale": -1}
    assert values_of("nz_g", reversed_sign, N=recorded) == [1, 0, -1]


def test_a_volume_becomes_a_mass_by_a_density():
    source = {"parameter": "FQ", "density_kg_l": 0.8}
    fuel = values_of("fuel_kg", source, FQ=make_series([10, 0, 1], "gals"))
    assert fuel == pytest.approx([30.283294272, 0, 3.0283294272])
    flow = values_of("flow_kg_h", source, FQ=make_series([10, 0, 1], "gph"))
    assert flow == pytest.approx(fuel)


def test_the_first_source_that_has_a_value_is_used():
    captain, officer = make_series([MISSING] * 3, "deg"), make_series([1, 2, 3], "deg")
    sources = [{"parameter": "ROLL_C"}, {"parameter": "ROLL_F"}, {"parameter": "ROLL_X"}]
    result = mapped("roll_deg", *sources, ROLL_C=captain, ROLL_F=officer)
    assert result.sources == {"roll_deg": ("ROLL_F",)}
    assert list(result.recording.series) == ["ROLL_C", "roll_deg", "ROLL_F"]


def test_states_are_reassigned_and_others_are_missing():
    source = {"parameter": "AIR", "states": {0: 1, 1: 0}}
    recorded = make_series([0, 1, 3], coding="discrete")
    values = values_of("wheels", source, AIR=recorded)
    assert values == pytest.approx([1, 0, np.nan], nan_ok=True)
    assert recorded.counts[:, 0].tolist() == [0, 1, 3]


def test_parameters_are_added_second_by_second():
    source = {"parameter": "L", "plus": ["R"], "density_kg_l": 1.0, "unit": "l"}
    left, right = make_series([1, 2, 3]), make_series([10, 30], rows=[0, 2])
    result = mapped("fuel_kg", source, L=left, R=right)
    series = result.recording.series["fuel_kg"]
    assert series.rows.tolist() == [0, 2]
    assert to_values(series)[:, 0].tolist() == [11, 33]
    assert list(result.recording.series) == ["fuel_kg", "L", "R"]
    constant = values_of("fuel_kg", source, L=make_series([1, 1]), R=make_series([2, 2]))
    assert constant == [3, 3]


@pytest.mark.parametrize(
    ("series", "source", "reason"),
    [
        (make_series([1], "psi"), {}, "psi does not convert to kg"),
        (make_series([1], "gal"), {}, "gal converts to kg by density_kg_l only"),
        (make_series([1], "XYZ"), {}, "its unit XYZ is unknown; give the source a unit"),
        (make_series([1]), {}, "it states no unit; give the source a unit"),
        (make_series([1], coding="characters"), {}, "it is text"),
        (make_series([1], "kg"), {"plus": ["OTHER"]}, "they differ in unit or rate"),
    ],
)
def test_a_source_that_cannot_be_used_is_noted_and_stays_as_recorded(series, source, reason):
    other = make_series([1], "lb")
    result = mapped("fuel_kg", {"parameter": "FQ"} | source, FQ=series, OTHER=other)
    (note,) = result.notes
    assert note.startswith("fuel_kg is not made from FQ")
    assert note.endswith(reason)
    assert list(result.recording.series) == ["FQ", "OTHER"]
    assert result.recording.series["FQ"] is series


def test_implausible_values_are_noted_and_kept():
    recorded = make_series([300, 400, 100], "deg C")
    result = mapped("oil_c", {"parameter": "OIT"}, OIT=recorded)
    assert result.notes == ("oil_c: 67% of its values, 100 to 400 C, are outside -60 to 200",)
    assert to_values(result.recording.series["oil_c"])[:, 0].tolist() == [300, 400, 100]
    states = {"parameter": "AIR", "states": {7: 1}}
    missing = mapped("wheels", states, AIR=make_series([0, 1], coding="discrete"))
    assert missing.notes == ("wheels is not made from AIR: it has none of the states 7",)
    assert "AIR" in missing.recording.series


def test_sums_without_a_common_second_are_noted():
    source = {"parameter": "L", "plus": ["R"]}
    left, right = make_series([1], "kg"), make_series([1], "kg", rows=[1])
    assert mapped("fuel_kg", source, L=left, R=right).notes[0].endswith("no second in common")


def test_a_recorded_parameter_whose_name_a_quantity_takes_is_kept():
    series = {"roll_deg": make_series([1], "deg"), "ROLL": make_series([2], "deg")}
    result = mapped("roll_deg", {"parameter": "ROLL"}, **series)
    assert list(result.recording.series) == ["recorded_roll_deg", "roll_deg", "ROLL"]
    same = mapped("roll_deg", {"parameter": "roll_deg", "scale": -1}, **series)
    assert list(same.recording.series) == ["roll_deg", "ROLL"]
    assert to_values(same.recording.series["roll_deg"])[:, 0].tolist() == [-1]
    upper_case = mapped("roll_deg", {"parameter": "ROLL_DEG"}, ROLL_DEG=make_series([1], "deg"))
    assert list(upper_case.recording.series) == ["roll_deg", "recorded_ROLL_DEG"]
