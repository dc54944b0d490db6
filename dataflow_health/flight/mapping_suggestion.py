"""Suggests a mapping of a layout by names, descriptions, units, states and ranges.

A suggestion is a guess to be read by a person: each has a confidence and its reasons. What measures
another thing, or belongs to another engine, is never suggested.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataflow_health.flight.layout import Linear, Parameter
from dataflow_health.flight.mapping import MappedSource
from dataflow_health.flight.name_matching import is_same_state, words_of, words_share
from dataflow_health.flight.units import conversion, find_unit, is_convertible
from dataflow_health.flight.vocabulary import Term
from dataflow_health.flight.vocabulary_search import compact

NAME_CONFIDENCE = 0.6
"""The parameter's name is a name of the quantity."""

WORDS_CONFIDENCE = 0.5
"""All words of a name of the quantity are the words of the parameter's description."""

UNNUMBERED_PENALTY = 0.1
"""Taken off where the only engine or system has no number in the description."""

UNIT_CONFIDENCE = 0.25
"""The unit is the quantity's, or converts to it."""

STATES_CONFIDENCE = 0.25
"""The texts of a discrete's states are the quantity's."""

RANGE_CONFIDENCE = 0.1
"""All values that the layout can give are plausible."""

MIN_WORDS_SHARE = 0.5
"""Share of words from which a description is evidence."""

MAX_DISTANCE = 0.3
"""A source whose confidence is further below the best one's is left out."""

MAX_SOURCES = 3
"""Sources suggested for a quantity: captain's, first officer's and standby's."""

MAX_CONFIDENCE = 0.95

_OTHER_MEANINGS = frozenset(
    {
        "active", "apu", "arm", "armed", "cmd", "command", "datum", "eng", "engaged", "engine",
        "error", "fail", "failed", "failure", "fault", "fine", "flag", "gearbox", "hyd",
        "invalid", "lim", "limit", "mode", "order", "over", "pack", "preset", "rate", "sel",
        "selected", "set", "switch", "target", "test", "threshold", "valid", "validity", "warn",
        "warning", "wheel",
    }
)  # fmt: skip
"""Words that give a description another meaning unless the quantity has them too."""

_FILLERS = frozenset({"a", "acq", "and", "at", "by", "dar", "eng", "engine", "of", "the", "to"})
"""Words of a description that carry no evidence; an engine is known by its number."""

_SIDES = frozenset(
    {"cap", "capt", "captain", "cpt", "disp", "fo", "f", "o", "isis", "l", "left", "lt", "r",
     "right", "rt", "standby"}
)  # fmt: skip
"""Words for the source of a value, which do not change its meaning."""


@dataclass(frozen=True, slots=True)
class SuggestedSource:
    """A guess that a parameter is a quantity of the vocabulary.

    Attributes:
        source: The source for a mapping.
        confidence: 0 to 1.
        reasons: Evidence, in words.
    """

    source: MappedSource
    confidence: float
    reasons: tuple[str, ...]


def suggest_sources(
    parameters: Mapping[str, Parameter], terms: Mapping[str, Term], *, min_confidence: float
) -> Mapping[str, Sequence[SuggestedSource]]:
    """Suggests sources for each quantity, the most likely first.

    Args:
        parameters: Parameters of a layout, by name.
        terms: The vocabulary, by full name.
        min_confidence: Suggestions below are left out.

    Returns:
        By quantity, in the order of the vocabulary; a parameter is suggested for one quantity only.
    """
    best: dict[str, tuple[str, SuggestedSource]] = {}
    for parameter_name, parameter in parameters.items():
        for term_name, term in terms.items():
            suggested = _suggest(parameter_name, parameter, term_name, term)
            if suggested is None or suggested.confidence < min_confidence:
                continue
            if (
                parameter_name not in best
                or suggested.confidence > best[parameter_name][1].confidence
            ):
                best[parameter_name] = term_name, suggested
    found: dict[str, list[SuggestedSource]] = {}
    for term_name in terms:
        own = [suggested for name, suggested in best.values() if name == term_name]
        if own:
            own.sort(key=lambda each: (-each.confidence, each.source.parameter))
            near = [each for each in own if each.confidence >= own[0].confidence - MAX_DISTANCE]
            found[term_name] = near[:MAX_SOURCES]
    return found


def _suggest(
    parameter_name: str, parameter: Parameter, term_name: str, term: Term
) -> SuggestedSource | None:
    """The guess that one parameter is one quantity; None without evidence or against it."""
    if parameter.is_text:
        return None
    measured = _state_evidence(parameter, term) if term.states else _unit_evidence(parameter, term)
    if measured is None:
        return None
    named = _name_evidence(parameter_name, parameter, term_name, term)
    if named is None:
        return None
    confidence = round(min(named[0] + measured[0], MAX_CONFIDENCE), 2)
    assumed = term.unit if term.unit and not parameter.unit else None
    source = MappedSource(parameter=parameter_name, unit=assumed, states=measured[2])
    return SuggestedSource(source, confidence, (named[1], *measured[1]))


def _name_evidence(
    parameter_name: str, parameter: Parameter, term_name: str, term: Term
) -> tuple[float, str] | None:
    """Confidence and reason by name or description; None when they say another thing."""
    names = (term_name, *term.synonyms)
    if compact(parameter_name) in map(compact, names):
        return NAME_CONFIDENCE, f"name {parameter_name}"
    given, number = words_of(parameter.describes), _numbers(term_name)
    meant = frozenset[str]().union(*map(words_of, (term.describes, *names)))
    is_unnumbered = number == {"1"} and not any(map(str.isdigit, given))
    if not given or given & _OTHER_MEANINGS - meant or not (number <= given or is_unnumbered):
        return None
    sides = _SIDES - words_of(term_name)
    own = {word for word in given - _FILLERS - sides - number if number or not word.isdigit()}
    share, text = max(
        (words_share(own, words_of(name) - _FILLERS - number), name)
        for name in (term.describes, *term.synonyms)
    )
    if share < MIN_WORDS_SHARE:
        return None
    if is_unnumbered:
        reason = f"description like {text!r}, without a number"
        return WORDS_CONFIDENCE * share - UNNUMBERED_PENALTY, reason
    return WORDS_CONFIDENCE * share, f"description like {text!r}"


def _numbers(name: str) -> frozenset[str]:
    return frozenset(word for word in words_of(name) if word.isdigit())


_Measured = tuple[float, tuple[str, ...], Mapping[int, int]]
"""Confidence, reasons and reassigned states."""


def _unit_evidence(parameter: Parameter, term: Term) -> _Measured | None:
    if parameter.states:
        return None
    unit = find_unit(parameter.unit)
    if not parameter.unit:
        return (0.0, (f"no unit stated, so {term.unit}",), {}) if term.unit else (0.0, (), {})
    if unit is None or not is_convertible(unit, term.unit):
        return None
    confidence, reasons = UNIT_CONFIDENCE, [f"unit {parameter.unit}"]
    if parameter.valid_range and term.plausible_range:
        factor = conversion(unit, term.unit)
        low, high = sorted(_apply(factor, value) for value in parameter.valid_range)
        if high < term.plausible_range[0] or low > term.plausible_range[1]:
            return None
        if term.plausible_range[0] <= low and high <= term.plausible_range[1]:
            confidence += RANGE_CONFIDENCE
            reasons.append(f"range {low:g} to {high:g} is plausible")
    return confidence, tuple(reasons), {}


def _apply(factor: Linear, value: float) -> float:
    return value * factor.scale + factor.offset


def _state_evidence(parameter: Parameter, term: Term) -> _Measured | None:
    if not parameter.states and parameter.width > 1:
        return None
    reassigned = {
        recorded: value
        for recorded, text in parameter.states.items()
        for value, meaning in term.states.items()
        if is_same_state(text, meaning)
    }
    if not reassigned or len(reassigned) < len(parameter.states):
        return 0.0, ("its states need a look",), {}
    texts = ", ".join(f"{value} {text}" for value, text in parameter.states.items())
    is_equal = all(recorded == value for recorded, value in reassigned.items())
    return STATES_CONFIDENCE, (f"states {texts}",), {} if is_equal else reassigned
