"""Vocabulary of the algorithms: every quantity by name (``config/vocabulary/*.yaml``).

A quantity is declared once, with its meaning, unit and plausible range. Recorders call it by names
of their own, which are its synonyms.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from dataflow_health.flight.layout import FlightModel
from dataflow_health.flight.units import UNITS, find_unit

NUMBER = "{n}"
"""Stands for the number of an engine or system in a name, a description and a synonym."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""A name becomes a column of SQL, so it is no longer than PostgreSQL's 63 characters."""


class Term(FlightModel):
    """One quantity of the vocabulary.

    Attributes:
        describes: Meaning, with the positive direction where there is one.
        unit: Canonical unit, as in ``flight/units.py``; empty when there is none.
        numbers: Numbers of the engines or systems that have the quantity; each replaces ``{n}`` in
            the name, the description and the synonyms.
        plausible_range: Lowest and highest value that any helicopter can have.
        states: Texts of a discrete's values.
        synonyms: Other names, in English and as recorders and layouts write them.
    """

    describes: Annotated[str, Field(min_length=1)]
    unit: str = ""
    numbers: tuple[Annotated[int, Field(ge=1, le=9)], ...] = ()
    plausible_range: tuple[float, float] | None = None
    states: Mapping[int, str] = {}
    synonyms: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> "Term":
        if self.unit not in UNITS:
            guess = find_unit(self.unit)
            hint = f"did you mean {guess}? " if guess else ""
            known = ", ".join(unit for unit in UNITS if unit)
            raise ValueError(f"unit {self.unit} is unknown; allowed: {hint}known: {known}")
        if self.plausible_range and self.plausible_range[0] >= self.plausible_range[1]:
            low_high = list(self.plausible_range)
            raise ValueError(f"plausible_range {low_high} must be [lowest, highest]")
        return self

    def numbered(self, number: int) -> "Term":
        """The term of one engine or system."""

        def fill(text: str) -> str:
            return text.replace(NUMBER, str(number))

        synonyms = tuple(map(fill, self.synonyms))
        changes = {"describes": fill(self.describes), "synonyms": synonyms, "numbers": ()}
        return self.model_copy(update=changes)


class Vocabulary(FlightModel):
    """One part of the vocabulary.

    Attributes:
        describes: What the quantities have in common.
        terms: Quantities by name. The name ends with the unit where there is one, and has ``{n}``
            in place of a number where ``numbers`` are given.
    """

    describes: str = ""
    terms: Annotated[Mapping[str, Term], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_valid(self) -> "Vocabulary":
        problems = [
            f"term {name}: {problem}"
            for name, term in self.terms.items()
            if (problem := _name_problem(name, term))
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def numbered_terms(self) -> Mapping[str, Term]:
        """Every quantity by its full name, one for each number."""
        return dict(self._numbered_terms())

    def _numbered_terms(self) -> Iterator[tuple[str, Term]]:
        for name, term in self.terms.items():
            if not term.numbers:
                yield name, term
            for number in term.numbers:
                yield name.replace(NUMBER, str(number)), term.numbered(number)


def merge_terms(vocabulary: Mapping[str, Vocabulary]) -> Mapping[str, Term]:
    """Every quantity of all parts of the vocabulary, by full name, ascending."""
    parts = (part.numbered_terms.items() for part in vocabulary.values())
    merged = {name: term for part in parts for name, term in part}
    return {name: merged[name] for name in sorted(merged)}


def numbered_names(name: str, numbers: object) -> tuple[str, ...]:
    """Full names of a quantity, also of one whose declaration is invalid.

    Args:
        name: Its name, with ``{n}`` in place of a number.
        numbers: Its numbers as declared.
    """
    given = numbers if isinstance(numbers, list) and numbers else [""]
    return tuple(name.replace(NUMBER, str(number)) for number in given)


def _name_problem(name: str, term: Term) -> str:
    if not _NAME.fullmatch(name.replace(NUMBER, "1")):
        return "the name is not valid, lowercase letters, digits and underscores are"
    if term.numbers and NUMBER not in name:
        return f"numbers need {NUMBER} in the name"
    if NUMBER in name and not term.numbers:
        return f"{NUMBER} in the name needs numbers, such as [1, 2]"
    return ""
