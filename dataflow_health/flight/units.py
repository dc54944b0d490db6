"""Units of measurement: the units of the vocabulary, and conversion of a recorder's units to them.

A unit is written as on helicopter displays (``C``, ``ft/min``, ``g``); :data:`UNITS` gives its name
in Pint, which knows the factors. Pint reads ``C`` as coulomb and ``g`` as gram, hence the table.
Pint takes half a second to start, so it is imported only when a factor is needed.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from dataflow_health.flight.layout import Linear

if TYPE_CHECKING:
    import pint

UNITS_BY_KIND: Mapping[str, Mapping[str, str]] = {
    "number": {"": "dimensionless"},
    "share": {"%": "percent"},
    "angle": {"deg": "degree", "rad": "radian"},
    "angular speed": {"deg/s": "degree / second", "rpm": "revolutions_per_minute"},
    "time": {"h": "hour", "min": "minute", "s": "second"},
    "length": {"ft": "foot", "km": "kilometer", "m": "meter", "nmi": "nautical_mile"},
    "speed": {
        "kt": "knot", "ft/min": "foot / minute", "ft/s": "foot / second", "ips": "inch / second",
        "km/h": "kilometer / hour", "m/s": "meter / second", "mm/s": "millimeter / second",
    },
    "acceleration": {"g": "standard_gravity", "m/s2": "meter / second ** 2"},
    "temperature": {"C": "degC", "F": "degF"},
    "pressure": {
        "psi": "pound_force_per_square_inch", "bar": "bar", "hPa": "hectopascal",
        "inHg": "inch_Hg", "kPa": "kilopascal",
    },
    "mass": {"kg": "kilogram", "lb": "pound"},
    "mass flow": {"kg/h": "kilogram / hour", "lb/h": "pound / hour"},
    "volume": {"l": "liter", "gal": "US_liquid_gallon"},
    "volume flow": {"l/h": "liter / hour", "gal/h": "US_liquid_gallon / hour"},
    "torque": {"N m": "newton * meter", "ft lbf": "foot * pound_force"},
    "voltage": {"V": "volt"},
    "current": {"A": "ampere"},
}  # fmt: skip
"""Pint's name of every unit that a vocabulary may use; units of one kind convert to each other.

Pint takes a percentage, an angle and a plain number for the same kind; here they are not.
"""

UNITS: Mapping[str, str] = {
    unit: name for units in UNITS_BY_KIND.values() for unit, name in units.items()
}
"""Pint's name by unit."""

KINDS: Mapping[str, str] = {unit: kind for kind, units in UNITS_BY_KIND.items() for unit in units}
"""What a unit measures."""

SPELLINGS: Mapping[str, str] = {
    "amp": "A", "amps": "A", "celsius": "C", "degc": "C", "fahrenheit": "F", "degf": "F",
    "degs": "deg", "degree": "deg", "degrees": "deg", "feet": "ft", "foot": "ft", "ftbaro": "ft",
    "ftmsl": "ft", "ftwgs": "ft", "fpm": "ft/min", "feet/min": "ft/min", "ftlb": "ft lbf",
    "gal": "gal", "gals": "gal", "gallons": "gal", "gph": "gal/h", "hr": "h", "hours": "h",
    "in/s": "ips", "in/sec": "ips", "inches/sec": "ips", "kgs": "kg", "kg/hr": "kg/h",
    "kgh": "kg/h", "kph": "kg/h", "kmh": "km/h", "knot": "kt", "knots": "kt", "knts": "kt",
    "kts": "kt", "lbs": "lb", "lb/hr": "lb/h", "lbs/h": "lb/h", "lbs/hr": "lb/h", "pph": "lb/h",
    "liter": "l", "litre": "l", "lph": "l/h", "mb": "hPa", "mbar": "hPa", "mt": "m", "nm": "nmi",
    "pct": "%", "%rpm": "%", "percent": "%", "sec": "s", "second": "s", "volt": "V", "volts": "V",
}  # fmt: skip
"""Unit by a recorder's spelling, in lower case and without blanks and degree signs."""


_BY_LOWER_CASE = {unit.replace(" ", "").lower(): unit for unit in UNITS}


def find_unit(spelling: str) -> str | None:
    """The unit of :data:`UNITS` that a recorder spells in its own way, such as ``deg F``.

    Args:
        spelling: Text of a layout file or header; case, blanks and degree signs do not matter.

    Returns:
        None when the spelling is unknown. Upper and lower case matter only where both are units.
    """
    stripped = spelling.strip()
    if stripped in UNITS:
        return stripped
    compact = re.sub(r"[\s°.]+", "", stripped).lower()
    return SPELLINGS.get(compact) or _BY_LOWER_CASE.get(compact)


def is_convertible(source: str, target: str) -> bool:
    """Whether two units of :data:`UNITS` measure the same."""
    return KINDS[source] == KINDS[target]


@cache
def conversion(source: str, target: str) -> Linear:
    """Factor and offset from one unit to another.

    Args:
        source: A unit of :data:`UNITS`.
        target: Another that measures the same: pressure and pressure, or length and length.

    Raises:
        ValueError: They measure different things; gallons become kilograms by a density only.
    """
    if source == target:
        return Linear()
    if not is_convertible(source, target):
        raise ValueError(f"{source or 'no unit'} does not convert to {target or 'no unit'}")
    quantity = _registry().Quantity
    zero = quantity(Decimal(0), UNITS[source]).to(UNITS[target]).magnitude
    hundred = quantity(Decimal(100), UNITS[source]).to(UNITS[target]).magnitude
    return Linear(scale=float((hundred - zero) / 100), offset=float(zero))


@cache
def _registry() -> "pint.UnitRegistry[Decimal]":
    """Pint's registry, counting in decimals so that factors are exact to the last digit."""
    import pint

    return pint.UnitRegistry(non_int_type=Decimal)
