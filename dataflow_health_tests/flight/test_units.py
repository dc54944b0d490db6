import pint
import pytest

from dataflow_health.flight.units import (
    SPELLINGS,
    UNITS,
    UNITS_BY_KIND,
    conversion,
    find_unit,
    is_convertible,
)


@pytest.mark.parametrize(
    ("source", "target", "value", "expected"),
    [
        ("F", "C", 212.0, 100.0),  # definition of the scales
        ("F", "C", -40.0, -40.0),
        ("gal", "l", 1.0, 3.785411784),  # 231 cubic inches, NIST handbook 44, appendix C
        ("lb/h", "kg/h", 1.0, 0.45359237),  # international pound
        ("inHg", "hPa", 29.92, 1013.2),  # the standard atmosphere
        ("kt", "km/h", 1.0, 1.852),  # international nautical mile
        ("m/s", "ft/min", 0.3048, 60.0),
        ("bar", "psi", 1.0, 14.5037738),
        ("m/s2", "g", 9.80665, 1.0),
        ("ips", "mm/s", 1.0, 25.4),
    ],
)
def test_a_value_converts_by_its_definition(source, target, value, expected):
    factor = conversion(source, target)
    assert value * factor.scale + factor.offset == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_the_same_unit_changes_nothing():
    assert all((conversion(u, u).scale, conversion(u, u).offset) == (1.0, 0.0) for u in UNITS)


@pytest.mark.parametrize(
    ("source", "target"), [("gal", "kg"), ("deg", "%"), ("C", ""), ("ft", "s")]
)
def test_a_unit_of_another_kind_is_refused(source, target):
    with pytest.raises(ValueError, match="does not convert to"):
        conversion(source, target)


def test_units_of_one_kind_convert_to_each_other_and_to_no_other():
    for kind, units in UNITS_BY_KIND.items():
        for source in units:
            assert {target for target in UNITS if is_convertible(source, target)} == set(units), (
                kind
            )
            for target in units:
                there, back = conversion(source, target), conversion(target, source)
                assert there.scale * back.scale == pytest.approx(1)
                assert there.offset * back.scale + back.offset == pytest.approx(0, abs=1e-9)


def test_every_unit_is_known_to_the_library():
    registry = pint.UnitRegistry()
    assert all(registry.parse_units(name) is not None for name in UNITS.values())


@pytest.mark.parametrize(
    ("spelling", "unit"),
    [
        ("deg F", "F"), ("°C", "C"), ("ft Baro", "ft"), ("FPM", "ft/min"), ("G", "g"),
        ("KG", "kg"), ("gph", "gal/h"), ("volts", "V"), (" psi ", "psi"), ("", ""),
        ("furlong", None),
    ],
)  # fmt: skip
def test_a_recorders_spelling_is_understood(spelling, unit):
    assert find_unit(spelling) == unit


def test_every_spelling_leads_to_a_unit():
    assert set(SPELLINGS.values()) <= set(UNITS)
    assert {find_unit(spelling) for spelling in SPELLINGS} == set(SPELLINGS.values())
