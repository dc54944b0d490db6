"""Reads the frames and parameters of a FRED file for ARINC 767."""

from functools import partial

from dataflow_health.flight.layout import FrameBits, Layout, Parameter
from dataflow_health.layout_import.frame_layout import Described, FrameList, place_parameters
from dataflow_health.layout_import.fred_values import number_of, read_range, read_values
from dataflow_health.layout_import.imported_layout import MALFORMED, UnsupportedParameterError
from dataflow_health.layout_import.xml_tree import Element

_MAX_BITS = 640


def read_frames(describes: str, file: Element, warnings: list[str]) -> Layout:
    """The layout of a ``FRED767``.

    Args:
        describes: Description of the layout.
        file: The element.
        warnings: Gets a line for every frame or parameter that is left out.
    """
    frames: list[FrameList] = []
    for element in file.all("Frame"):
        try:
            frames.append(_frame(element))
        except (UnsupportedParameterError, *MALFORMED) as problem:
            warnings.append(f"frame {element.value('Frame_ID')}: {problem}; left out")
    described: dict[str, Described] = {}
    for element in file.all("Parameter767"):
        name = element.value("Name")
        try:
            width = number_of(element.find("Number_of_Bits"), element)
            if not 0 < width <= _MAX_BITS:
                warnings.append(f"{name}: line {element.line}: a width of {width} bits")
                continue
            described[name] = Described(width, partial(_parameter, element))
        except UnsupportedParameterError as problem:
            warnings.append(f"{name}: {problem}")
    return place_parameters(describes, frames, described, warnings)


def _frame(element: Element) -> FrameList:
    number = number_of(element.find("Frame_ID"), element)
    names = element.find("Parameter_List")
    if not 0 < number < 256 or names is None:
        problem = f"frame id {number} is outside 1..255, or the frame has no Parameter_List"
        raise UnsupportedParameterError(f"line {element.line}: {problem}")
    return FrameList(number, _rate_hz(element), [each.text for each in names.all("Name_Ref")])


def _rate_hz(frame: Element) -> float:
    """Frames a second; 0 for a frame that an event triggers."""
    rate = frame.find("Recording_Rate")
    if frame.value("Frame_Type") == "Event" or rate is None:
        return 0.0
    below = rate.find("Denominator")
    return number_of(rate.find("Numerator"), rate) / (number_of(below, rate) if below else 1)


def _parameter(element: Element, place: FrameBits) -> Parameter:
    values, name = read_values(element), element.value("Name")
    if values.digits and sum(values.digits) != place.width:
        problem = f"BCD digits of {sum(values.digits)} bits in a field of {place.width}"
        raise UnsupportedParameterError(f"line {element.line}: {problem}")
    return Parameter(
        describes=" ".join(f"{name}. {element.value('Comments')}".split()).removesuffix("."),
        unit=element.value("Units"),
        coding="float" if values.is_float else values.coding,
        place=place,
        digits=values.digits,
        conversion=values.conversion,
        states=values.states,
        valid_range=read_range(element),
    )
