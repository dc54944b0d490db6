from pathlib import Path

import pytest

from dataflow_health.errors import ConfigError
from dataflow_health.flight.layout import FrameBits
from dataflow_health_tests.layout_import.fred_files import (
    LINEAR,
    elements,
    fred_767,
    imported,
    parameter,
    values,
)

SAMPLES = Path(__file__).parents[2].parent / "shared/data/fred"


def frame(
    number: object, *names: str, rate: str = "<Numerator>4</Numerator>", kind="Scheduled"
) -> str:
    return (
        f"<Frame><Frame_ID>{number}</Frame_ID><Frame_Type>{kind}</Frame_Type>"
        f"<Recording_Rate>{rate}</Recording_Rate>"
        f"<Parameter_List>{elements('Name_Ref', names)}</Parameter_List></Frame>"
    )


def bits(width: object) -> str:
    return f"<Number_of_Bits>{width}</Number_of_Bits>"


HEIGHT = parameter("Height", bits(16), values("Signed Binary", LINEAR), "<Units>ft</Units>")
SPEED = parameter("Speed", bits(32), values("Floating Point"))


def test_parameters_lie_in_the_order_of_the_frames_list(tmp_path):
    slow = "<Numerator>1</Numerator><Denominator>4</Denominator>"
    layout, warnings = imported(
        tmp_path, fred_767(frame(3, "Speed"), frame(4, "Height", rate=slow), HEIGHT, SPEED)
    )
    assert warnings == ()
    assert layout.parameters["Speed"].place == FrameBits(frame=3, bit=1, width=32, rate_hz=4)
    assert layout.parameters["Height"].place == FrameBits(frame=4, bit=1, width=16, rate_hz=0.25)
    assert [each.coding for each in layout.parameters.values()] == ["float", "bnr"]
    assert (layout.parameters["Height"].unit, layout.parameters["Height"].conversion.scale) == (
        "ft",
        2.5,
    )


def test_a_frame_of_an_event_has_no_rate(tmp_path):
    layout, _ = imported(tmp_path, fred_767(frame(3, "Speed", kind="Event"), SPEED))
    assert layout.parameters["Speed"].rate_hz == 0


@pytest.mark.parametrize(
    ("odd", "warning"),
    [
        (frame(0, "Odd"), "frame 0: line 3: frame id 0 is outside 1..255"),
        (frame("x", "Odd"), "frame x: line 3: 'x' is no whole number; left out"),
        (frame(9, "Speed", rate=""), "frame 9: line 3: '' is no whole number; left out"),
        (frame(9, rate="<Numerator>1</Numerator><Denominator>0</Denominator>"), "frame 9: "),
        (frame(9, "Odd"), "Odd: in frame 9, but its width is not known"),
        (parameter("Odd", bits(0), values()), "Odd: line 3: a width of 0 bits"),
        (parameter("Odd", bits("x"), values()), "Odd: line 3: 'x' is no whole number"),
        (frame(9, "B") + parameter("B", bits(9), values("BCD", more="<BCD_Format>44</BCD_Format>")),
         "B: line 3: BCD digits of 8 bits in a field of 9; left out"),
        (frame(9, "B") + parameter("B", bits(9), values("Floating Point")),
         "B: Parameter: a float needs a place of 32 bits; left out"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_left_out_with_its_line(tmp_path, odd, warning):
    layout, warnings = imported(tmp_path, fred_767(HEIGHT, odd, SPEED, frame(3, "Height", "Speed")))
    assert set(layout.parameters) == {"Height", "Speed"}
    assert [each.startswith(warning) for each in warnings] == [True], warnings


def test_a_file_without_a_frame_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"small.xml:1: no frame with a parameter is read"):
        imported(tmp_path, fred_767(HEIGHT))


@pytest.mark.skipif(not SAMPLES.exists(), reason="the standard's examples are not in the project")
def test_the_standards_example_is_read(tmp_path):
    layout, warnings = imported(tmp_path, next(SAMPLES.glob("*767*.xml")).read_bytes())
    assert list(layout.parameters) == [
        "Altitude_Press", "Airspeed_Cal", "Time_UTC_Min", "Some_Nonlinear_Parameter", "MFD_1",
        "Rudder", "Accel_Lat", "Accel_Long",
    ]  # fmt: skip
    assert layout.parameters["MFD_1"].place == FrameBits(frame=1, bit=62, width=2)
    assert [warning.partition(":")[0] for warning in warnings] == [
        "Sample Conversion Description Parameter", "Rudder Ped Pos",
    ]  # fmt: skip
