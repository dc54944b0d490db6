"""Places parameters in ARINC 767 frames: end to end, in the order of each frame's list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dataflow_health.flight.layout import MAX_FRAME_BITS, FrameBits, Layout, Parameter
from dataflow_health.layout_import.imported_layout import (
    MALFORMED,
    UnsupportedParameterError,
    find_clock,
    first_problem,
    unique_name,
)


@dataclass(frozen=True, slots=True)
class FrameList:
    """The parameters of one frame.

    Attributes:
        number: Frame id.
        rate_hz: Frames a second; 0 for frames that an event triggers.
        names: Names of the parameters in order.
    """

    number: int
    rate_hz: float
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Described:
    """A parameter as a file describes it.

    Attributes:
        width: Number of bits.
        build: The parameter at a place; raises UnsupportedParameterError.
    """

    width: int
    build: Callable[[FrameBits], Parameter]


def place_parameters(
    describes: str,
    frames: Sequence[FrameList],
    described: Mapping[str, Described],
    warnings: list[str],
) -> Layout:
    """The layout of some frames. What is not supported is left out, with a warning.

    A parameter of unknown width leaves out all that follow it in its frame, too.

    Args:
        describes: Description of the layout.
        frames: Frames with their parameters.
        described: Width and meaning of parameters by name.
        warnings: Gets a line for everything that is left out.
    """
    parameters: dict[str, Parameter] = {}
    for frame in frames:
        bit = 1
        for index, name in enumerate(frame.names):
            found = described.get(name)
            if found is None:
                rest = len(frame.names) - index - 1
                warnings.append(
                    f"{name}: in frame {frame.number}, but its width is not known; "
                    f"left out with the {rest} parameters after it"
                )
                break
            _add(parameters, name, found, (frame, bit), warnings)
            bit += found.width
    return Layout(describes=describes, clock=find_clock(parameters), parameters=parameters)


def _add(
    parameters: dict[str, Parameter],
    name: str,
    found: Described,
    at: tuple[FrameList, int],
    warnings: list[str],
) -> None:
    frame, bit = at
    if bit + found.width - 1 > MAX_FRAME_BITS:
        warnings.append(f"{name}: it lies beyond the longest possible frame; left out")
        return
    try:
        place = FrameBits(frame=frame.number, bit=bit, width=found.width, rate_hz=frame.rate_hz)
        parameter = found.build(place)
    except UnsupportedParameterError as problem:
        warnings.append(f"{name}: {problem}; left out")
    except MALFORMED as problem:
        warnings.append(f"{name}: {first_problem(problem)}; left out")
    else:
        parameters[unique_name(name, parameters)] = parameter
