"""Reads the subframes and parameters of a FRED file for ARINC 717."""

import re
from collections.abc import Iterator
from pathlib import Path

from dataflow_health.flight.layout import (
    SUPERFRAME_FRAMES,
    WORD_BITS,
    Counter,
    Layout,
    Parameter,
    Part,
)
from dataflow_health.layout_import.fred_values import number_of, read_range, read_values
from dataflow_health.layout_import.imported_layout import (
    MALFORMED,
    UnsupportedParameterError,
    file_errors,
    first_problem,
    make_layout,
    unique_name,
)
from dataflow_health.layout_import.xml_tree import Element, line_error

_ALLOWED = "subframes as ARINC 717 has them"
_SYNC_CODE = re.compile(r"[01]{12}")
_MAX_TIME_OFFSET_S = 0.05
"""Time between acquisition and recording of a sample from which there is a warning."""


def read_subframes(path: Path, describes: str, frame: Element, warnings: list[str]) -> Layout:
    """The layout of a ``FRED717``.

    Args:
        path: The file, for errors.
        describes: Description of the layout.
        frame: The element.
        warnings: Gets a line for every parameter that is left out.

    Raises:
        ConfigError: The frame is none of ARINC 717.
    """
    shape = frame.find("Subframe")
    if shape is None:
        raise line_error(path, frame.line, "Subframe is missing", _ALLOWED)
    words, syncs = _frame_shape(path, shape)
    counters = _counters(frame)
    counter_name = _counter_name(frame, counters)
    parameters: dict[str, Parameter] = {}
    for element in frame.all("Parameter717"):
        name = element.value("Name")
        try:
            parameter = _parameter(element, words, counter_name, warnings)
        except UnsupportedParameterError as problem:
            warnings.append(f"{name}: {problem}; left out")
        except MALFORMED as problem:
            warnings.append(f"{name}: line {element.line}: {first_problem(problem)}; left out")
        else:
            parameters[unique_name(name, parameters)] = parameter
    with file_errors(path):
        return make_layout(
            describes, words, counters.get(counter_name), parameters, warnings, syncs
        )


def _frame_shape(path: Path, layout: Element) -> tuple[int, tuple[int, int, int, int]]:
    """Words in a subframe and sync words of a frame that ARINC 717 allows.

    Raises:
        ConfigError: Bits of a word, subframes, their duration or sync words are others.
    """
    required = {"Bits_Per_Word": str(WORD_BITS), "Subframes_Per_Frame": "4"}
    for name, value in required.items():
        found = layout.find(name)
        if found is None or found.text.lstrip("0") != value:
            line, text = (layout.line, "missing") if found is None else (found.line, found.text)
            problem = f"{name} is {text[:40]}; only {value} is supported"
            raise line_error(path, line, problem, _ALLOWED)
    duration = layout.find("Seconds_Per_Subframe")
    if duration is not None:
        _require_one_second(path, duration)
    pattern = layout.find("Sync_Pattern")
    codes = pattern.children if pattern else []
    if len(codes) != 4 or not all(_SYNC_CODE.fullmatch(code.text) for code in codes):
        problem = "Sync_Pattern does not have four codes of 12 binary digits"
        raise line_error(path, layout.line, problem, _ALLOWED)
    first, second, third, fourth = (int(code.text, 2) for code in codes)
    try:
        words = number_of(layout.find("Words_Per_Subframe"), layout)
    except UnsupportedParameterError as error:
        raise line_error(path, layout.line, f"Words_Per_Subframe: {error}", _ALLOWED) from error
    return words, (first, second, third, fourth)


def _require_one_second(path: Path, duration: Element) -> None:
    numerator = duration.value("Numerator")
    denominator = duration.value("Denominator", default="1")
    if numerator != denominator:
        problem = f"a subframe lasts {numerator[:20]}/{denominator[:20]} s; only 1 s is supported"
        allowed = "Seconds_Per_Subframe 1; with another, every time would drift"
        raise line_error(path, duration.line, problem, allowed)


def _counters(frame: Element) -> dict[str, Counter]:
    """Counter by name of every parameter that a superframe parameter names."""
    wanted = {
        component.value("Superframe_Parameter")
        for parameter in frame.all("Parameter717")
        for component in parameter.all("Component")
    }
    counters: dict[str, Counter] = {}
    for parameter in frame.all("Parameter717"):
        name = parameter.value("Name")
        if name and name in wanted:
            try:
                counters[name] = _counter(parameter)
            except (UnsupportedParameterError, *MALFORMED):
                continue  # what it numbers is left out, with its line
    return counters


def _counter(parameter: Element) -> Counter:
    parts = [part for sample in _samples(parameter, "", []) for part in sample]
    if len(parts) != 1 or len(parts[0].subframes) != 1:
        raise UnsupportedParameterError("a superframe counter of several words")
    (part,) = parts
    return Counter(word=part.word, bits=part.bits, subframe=part.subframes[0])


def _counter_name(frame: Element, counters: dict[str, Counter]) -> str:
    """The counter that most parameters use; a layout holds one."""
    uses = [
        component.value("Superframe_Parameter")
        for parameter in frame.all("Parameter717")
        for component in parameter.all("Component")
    ]
    return max(counters, key=uses.count, default="")


def _parameter(
    element: Element, words_per_subframe: int, counter: str, warnings: list[str]
) -> Parameter:
    name, values = element.value("Name"), read_values(element)
    if values.is_float:
        raise UnsupportedParameterError(f"line {element.line}: a floating point number")
    samples = _samples(element, counter, warnings)
    parameter = Parameter(
        describes=" ".join(f"{name}. {element.value('Comments')}".split()).removesuffix("."),
        unit=element.value("Units"),
        coding=values.coding,
        samples=tuple(sorted(samples, key=lambda sample: sample[0].word)),
        digits=values.digits,
        conversion=values.conversion,
        states=values.states,
        valid_range=read_range(element),
    )
    if values.digits and sum(values.digits) != parameter.width:
        problem = f"BCD digits of {sum(values.digits)} bits in a field of {parameter.width}"
        raise UnsupportedParameterError(f"line {element.line}: {problem}")
    _warn_of_time(element, parameter, words_per_subframe, warnings)
    return parameter


def _samples(element: Element, counter: str, warnings: list[str]) -> list[tuple[Part, ...]]:
    """Samples of a parameter: components are its parts, the least significant first."""
    components = element.all("Component")
    if not components:
        raise UnsupportedParameterError(f"line {element.line}: it has no Component")
    parts = [list(_parts(component, counter)) for component in components]
    if len({len(each) for each in parts}) > 1:
        raise UnsupportedParameterError(f"line {element.line}: components of different length")
    for component in components[1:]:
        if component.find("Overlap_Bits") is not None:
            warnings.append(
                f"{element.value('Name')}: line {component.line}: bits that two components share "
                "are taken from the lower one"
            )
    return [tuple(reversed(sample)) for sample in zip(*parts, strict=True)]


def _parts(component: Element, counter: str) -> Iterator[Part]:
    """The parts of a component, one for each of its words."""
    words = component.find("Word_Numbers")
    numbers = [number_of(each, component) for each in words.children] if words else []
    subframes, bits = component.all("Subframe_Numbers"), component.all("Bits")
    for name, lists in (("Subframe_Numbers", subframes), ("Bits", bits)):
        if len(lists) not in {1, len(numbers)} or not numbers:
            problem = f"{len(lists)} {name} for {len(numbers)} words"
            raise UnsupportedParameterError(f"line {component.line}: {problem}")
    frames = _frames(component, counter)
    overlap = component.find("Overlap_Bits")
    dropped = 0 if overlap is None else number_of(overlap, component)
    for index, word in enumerate(numbers):
        low, high = _bits(bits[index % len(bits)])
        yield Part(
            word=word,
            bits=(low + dropped, high),
            subframes=tuple(
                sorted(number_of(n, component) for n in subframes[index % len(subframes)].children)
            ),
            frames=frames,
        )


def _bits(bits: Element) -> tuple[int, int]:
    start, end = (number_of(bits.find(f"OneBasedIntRange_{end}"), bits) for end in ("Start", "End"))
    return start, end


def _frames(component: Element, counter: str) -> tuple[int, ...]:
    name = component.value("Superframe_Parameter")
    cycles = component.find("Superframe_Cycles")
    if not name and cycles is None:
        return ()
    if name != counter or not counter or cycles is None:
        problem = f"superframe counter {name[:40]!r} cannot be read, or is not the layout's one"
        raise UnsupportedParameterError(f"line {component.line}: {problem}")
    frames = sorted(number_of(cycle, cycles) for cycle in cycles.children)
    if not frames or frames[-1] >= SUPERFRAME_FRAMES:
        problem = f"cycles {frames[:4]} of a superframe of {SUPERFRAME_FRAMES} frames"
        raise UnsupportedParameterError(f"line {cycles.line}: {problem}")
    return tuple(frames)


def _warn_of_time(
    element: Element, parameter: Parameter, words_per_subframe: int, warnings: list[str]
) -> None:
    """Warns when a value was acquired well before its word was recorded."""
    component = element.all("Component")[-1]
    offset = component.find("Acquisition_Time_Offset")
    if offset is None or not words_per_subframe:
        return
    top = number_of(offset.find("Numerator"), offset)
    bottom = number_of(offset.find("Denominator"), offset) if offset.find("Denominator") else 1
    recorded_s = parameter.offsets_s(words_per_subframe)[0]
    acquired_s = top / bottom
    if abs(recorded_s - acquired_s) > _MAX_TIME_OFFSET_S:
        warnings.append(
            f"{element.value('Name')}: line {offset.line}: acquired {acquired_s:.3f} s after the "
            f"subframe's start, timed by its word at {recorded_s:.3f} s"
        )
