import pytest

from dataflow_health.flight.layout import FrameBits, Parameter
from dataflow_health.layout_import.frame_layout import Described, FrameList, place_parameters
from dataflow_health.layout_import.imported_layout import UnsupportedParameterError


def described(*widths: int) -> dict[str, Described]:
    return {
        f"p{at}": Described(width, lambda place: Parameter(place=place))
        for at, width in enumerate(widths)
    }


def placed(frames, found):
    warnings: list[str] = []
    layout = place_parameters("Own.", frames, found, warnings)
    return {name: each.place for name, each in layout.parameters.items()}, warnings


def test_parameters_lie_end_to_end_in_each_frame():
    places, warnings = placed(
        [FrameList(3, 1.0, ["p1", "p0"]), FrameList(4, 0.25, ["p2"])], described(8, 3, 1)
    )
    assert warnings == []
    assert places == {
        "p1": FrameBits(frame=3, bit=1, width=3),
        "p0": FrameBits(frame=3, bit=4, width=8),
        "p2": FrameBits(frame=4, bit=1, width=1, rate_hz=0.25),
    }


def test_an_unknown_width_leaves_out_all_after_it_in_its_frame():
    places, warnings = placed(
        [FrameList(3, 1.0, ["p0", "x", "p1"]), FrameList(4, 1.0, ["p1"])], described(8, 3)
    )
    assert {name: place.frame for name, place in places.items()} == {"p0": 3, "p1": 4}
    assert warnings == [
        "x: in frame 3, but its width is not known; left out with the 1 parameters after it"
    ]


def refuse(_place):
    raise UnsupportedParameterError("line 7: odd")


@pytest.mark.parametrize(
    ("odd", "warning"),
    [
        (Described(8, refuse), "p0: line 7: odd; left out"),
        (Described(40, lambda place: Parameter(place=place)), "p0: Parameter: parts add up to 40"),
        (Described(640, lambda place: Parameter(place=place, coding="bcd")), "p0: Parameter"),
    ],
)
def test_what_is_not_supported_is_left_out_and_its_bits_are_skipped(odd, warning):
    places, warnings = placed([FrameList(3, 1.0, ["p0", "p1"])], described(1, 8) | {"p0": odd})
    assert [place.bit for place in places.values()] == [odd.width + 1]
    assert [each.startswith(warning) for each in warnings] == [True]


def test_nothing_lies_beyond_the_longest_frame():
    names = [f"p{at}" for at in range(30)]
    places, warnings = placed([FrameList(3, 1.0, names)], described(*[640] * 30))
    assert places == {}
    assert warnings[-1] == "p29: it lies beyond the longest possible frame; left out"
