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

UNITS: Mapping[str, str] = {
    "": "dimensionless",
    "%": "percent",
    "A": "ampere",
    "C": "degC",
    "F": "degF",
    "N m": "newton * meter",
    "V": "volt",
    "bar": "bar",
    "deg": "degree",
    "deg/s": "degree / second",
    "ft": "foot",
    "ft lbf": "foot * pound_force",
    "ft/min": "foot / minute",
    "ft/s": "foot / second",
    "g": "standard_gravity",
    "gal": "US_liquid_gallon",
    "gal/h": "US_liquid_gallon / hour",
    "h": "hour",
    "hPa": "hectopascal",
    "inHg": "inch_Hg",
    "ips": "inch / second",
    "kPa": "kilopascal",
    "kg": "kilogram",
    "kg/h": "kilogram / hour",
    "km": "kilometer",
    "km/h": "kilometer / hour",
    "kt": "knot",
    "l": "liter",
    "l/h": "liter / hour",
    "lb": "pound",
    "lb/h": "pound / hour",
    "m": "meter",
    "m/s": "meter / second",
    "m/s2": "meter / second ** 2",
    "min": "minute",
    "mm/s": "millimeter / second",
    "nmi": "nautical_mile",
    "psi": "pound_force_per_square_inch",
    "rad": "radian",
    "rpm": "revolutions_per_minute",
    "s": "second",
}
"""Pint's name of every unit that a vocabulary may use."""

SPELLINGS: Mapping[str, str] = {
    "amp": "A", "amps": "A", "celsius": "C", "degc": "C", "fahrenheit": "F", "degf": "F",
    "degree": "deg", "degrees": "deg", "feet": "ft", "foot": "ft", "ftbaro": "ft", "ftmsl": "ft",
    "ftwgs": "ft", "fpm": "ft/min", "feet/min": "ft/min", "ftlb": "ft lbf", "gal": "gal",
    "gals": "gal", "gallons": "gal", "gph": "gal/h", "hr": "h", "hours": "h", "in/s": "ips",
    "in/sec": "ips", "inches/sec": "ips", "kg/hr": "kg/h", "kgh": "kg/h", "kph": "kg/h",
    "kmh": "km/h", "knot": "kt", "knots": "kt", "kts": "kt", "lbs": "lb", "lb/hr": "lb/h",
    "lbs/h": "lb/h", "lbs/hr": "lb/h", "pph": "lb/h", "liter": "l", "litre": "l", "lph": "l/h",
    "mb": "hPa", "mbar": "hPa", "mt": "m", "nm": "nmi", "pct": "%", "percent": "%", "sec": "s",
    "second": "s", "volt": "V", "volts": "V",
}  # fmt: skip
"""Unit by a recorder's spelling, in lower case and without blanks and degree signs."""


_ANGLES = frozenset({"deg", "rad"})
"""Pint holds angles for numbers without a unit, as it does percent; here they are not the same."""


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
    by_lower_case = {unit.replace(" ", "").lower(): unit for unit in UNITS}
    return SPELLINGS.get(compact) or by_lower_case.get(compact)


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
    refusal = f"{source or 'no unit'} does not convert to {target or 'no unit'}"
    if len({source, target} & _ANGLES) == 1:
        raise ValueError(refusal)
    import pint

    quantity = _registry().Quantity
    try:
        zero = quantity(Decimal(0), UNITS[source]).to(UNITS[target]).magnitude
        hundred = quantity(Decimal(100), UNITS[source]).to(UNITS[target]).magnitude
    except pint.DimensionalityError:
        raise ValueError(refusal) from None
    return Linear(scale=float((hundred - zero) / 100), offset=float(zero))


@cache
def _registry() -> "pint.UnitRegistry[Decimal]":
    """Pint's registry, counting in decimals so that factors are exact to the last digit."""
    import pint

    return pint.UnitRegistry(non_int_type=Decimal)
