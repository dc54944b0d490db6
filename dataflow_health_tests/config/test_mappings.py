"""The shipped mappings, on logs made here and on real ones."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dataflow_health.flight.algorithms.algorithm import run_algorithms
from dataflow_health.flight.algorithms.kinds.exceedance import Exceedance
from dataflow_health.flight.csv_log import decoder
from dataflow_health.flight.mapping import select_mapping
from dataflow_health.flight.parameter import decoded_flight, to_values
from dataflow_health.flight.parameter_mapping import MappedRecording, apply_mapping
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health_tests.factories import catalogue

DATA = Path(__file__).parents[2].parent / "shared" / "data"
LOGS = [*sorted(DATA.glob("garmin*/*.csv"))]

COLUMNS = {
    "Lcl Date": ("yyy-mm-dd", "2026-11-20"), "Lcl Time": ("hh:mm:ss", "10:00:0{second}"),
    "UTCOfst": ("hh:mm", "+00:00"), "BaroA": ("inch", "29.92"), "IAS": ("kt", "90.0"),
    "NormAc": ("G", "0.25"), "FQtyL": ("gals", "40.00"), "FQtyR": ("gals", "38.00"),
    "volt1": ("volts", "27.9"), "volt2": ("volts", "28.0"),
    "E1 OilT": ("deg F", "212.00"), "E2 OilT": ("deg F", "203.00"),
    "E1 OilP": ("psi", "61.00"), "E2 OilP": ("psi", "60.00"),
    "E1 FFlow": ("gph", "30.00"), "E2 FFlow": ("gph", "31.00"),
    "E1 Torq": ("%", "62.0"), "E2 Torq": ("%", "61.0"),
    "E1 NG": ("%", "91.0"), "E2 NG": ("%", "90.5"),
    "E1 NP": ("%", "100.1"), "E2 NP": ("%", "100.0"),
    "E1 ITT": ("deg F", "1292.00"), "E2 ITT": ("deg C", "695.00"),
}  # fmt: skip
"""Unit and cell of each column of a log of a helicopter with two turbines."""

EXPECTED = {
    "acceleration_vertical_g": 1.25, "barometric_setting_hpa": 1013.2075, "airspeed_kt": 90.0,
    "fuel_quantity_left_kg": 121.13318, "fuel_quantity_right_kg": 115.07652,
    "fuel_quantity_total_kg": 236.20969, "generator_1_volts_v": 27.9, "generator_2_volts_v": 28.0,
    "engine_1_oil_temperature_c": 100.0, "engine_2_oil_temperature_c": 95.0,
    "engine_1_oil_pressure_psi": 61.0, "engine_2_oil_pressure_psi": 60.0,
    "engine_1_fuel_flow_kg_h": 90.849883, "engine_2_fuel_flow_kg_h": 93.878212,
    "engine_1_torque_pct": 62.0, "engine_2_torque_pct": 61.0,
    "engine_1_ng_pct": 91.0, "engine_2_ng_pct": 90.5,
    "engine_1_nf_pct": 100.1, "engine_2_nf_pct": 100.0,
    "engine_1_tot_c": 700.0, "engine_2_tot_c": 695.0,
}  # fmt: skip


def make_log(**cells):
    columns = COLUMNS | cells
    units = ",".join(unit for unit, _ in columns.values())
    rows = [
        ",".join(cell.format(second=second) for _, cell in columns.values()) for second in range(5)
    ]
    return "\n".join([f"#{units}", ",".join(columns), *rows, ""]).encode()


def decode(raw: bytes) -> DecodedRecording:
    return decoder.decode(raw, catalogue().recorders["garmin_csv"])


def apply(decoded: DecodedRecording) -> MappedRecording:
    mapping = select_mapping(catalogue().mappings, "garmin_csv", None)
    assert mapping is not None
    return apply_mapping(decoded, mapping, catalogue().terms)


def outcomes(decoded: DecodedRecording) -> Counter[str]:
    results = run_algorithms(catalogue().algorithms, decoded_flight(decoded))
    return Counter(result.outcome for result in results)


def test_a_garmin_log_has_the_vocabularys_names_units_and_values():
    mapped = apply(decode(make_log()))
    assert mapped.notes == ()
    series = mapped.recording.series
    for name, value in EXPECTED.items():
        assert to_values(series[name])[0, 0] == pytest.approx(value, rel=1e-6), name
        assert series[name].parameter.unit == catalogue().terms[name].unit, name


def test_algorithms_apply_to_a_log_of_two_turbines_and_none_without_the_mapping():
    decoded = decode(make_log())
    applying = len(catalogue().algorithms) - outcomes(apply(decoded).recording)["not_applicable"]
    without = len(catalogue().algorithms) - outcomes(decoded)["not_applicable"]
    assert (without, applying) == (0, 41)


def test_an_operators_algorithm_may_use_the_recorders_own_name():
    own = Exceedance.model_validate(
        {
            "kind": "exceedance",
            "describes": "Oil above 100 C, in the recorder's unit.",
            "source": "An operator.",
            "severity": "warning",
            "when": "engine_1_oil_temperature_f > 211",
        }
    )
    mapped = apply(decode(make_log())).recording
    (result,) = run_algorithms({"own": own}, decoded_flight(mapped))
    assert (result.outcome, result.findings[0].peak) == ("found", pytest.approx(212))


def test_a_torque_in_foot_pounds_is_not_taken_for_per_cent():
    mapped = apply(decode(make_log(**{"E1 Torq": ("%", "62.0"), "E2 Torq": ("ft-lb", "900.0")})))
    assert "engine_2_torque_pct" not in mapped.recording.series


@pytest.mark.slow
@pytest.mark.skipif(not LOGS, reason="the real logs are not beside this project")
@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_real_log_keeps_its_counts_and_every_value_is_plausible(path):
    decoded = decode(path.read_bytes())
    mapped = apply(decoded)
    assert mapped.notes == ()
    assert mapped.sources
    for name, parameters in mapped.sources.items():
        series = mapped.recording.series[name]
        if len(parameters) == 1:
            assert series.counts is decoded.series[parameters[0]].counts
        values = to_values(series)
        low, high = catalogue().terms[name].plausible_range or (-np.inf, np.inf)
        assert low <= np.nanmin(values) <= np.nanmax(values) <= high, name


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "garmin-csv").exists(), reason="the real log is not here")
def test_algorithms_apply_to_a_real_piston_engine():
    decoded = decode(next((DATA / "garmin-csv").glob("*.csv")).read_bytes())
    mapped = apply(decoded).recording
    temperature = to_values(mapped.series["engine_1_oil_temperature_c"])[0, 0]
    assert temperature == pytest.approx((159.11 - 32) / 1.8)
    applying = [
        len(catalogue().algorithms) - outcomes(each)["not_applicable"] for each in (decoded, mapped)
    ]
    assert applying == [18, 25]
