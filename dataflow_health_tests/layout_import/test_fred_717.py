from pathlib import Path

import pytest

from dataflow_health.errors import ConfigError
from dataflow_health.flight.layout import Counter, Part
from dataflow_health_tests.layout_import.fred_files import (
    LINEAR,
    SYNCS,
    component,
    fred_717,
    imported,
    parameter,
    values,
)

SAMPLES = Path(__file__).parents[2].parent / "shared/data/fred"
CYCLES = (
    "<Superframe_Parameter>SFC</Superframe_Parameter>"
    "<Superframe_Cycles><Cycle_Num>9</Cycle_Num><Cycle_Num>1</Cycle_Num></Superframe_Cycles>"
)
COUNTER = parameter("SFC", component(27, bits=[(9, 12)], subframes=[(4,)]), values())


def test_words_bits_subframes_and_conversion_are_read(tmp_path):
    details = "<Units>ft</Units><Comments>of the  nose</Comments>"
    limits = (
        "<Operational_Range><RealRange_Start>-15.5</RealRange_Start>"
        "<RealRange_End>8</RealRange_End></Operational_Range>"
    )
    height = parameter(
        "Radio Altitude",
        details,
        component(35, 3, bits=[(2, 11)]),
        values("Signed Binary", LINEAR),
        limits,
    )
    layout, warnings = imported(tmp_path, fred_717(height))
    found = layout.parameters["Radio_Altitude"]
    assert warnings == ()
    assert (found.describes, found.unit, found.coding) == (
        "Radio Altitude. of the nose",
        "ft",
        "bnr",
    )
    assert found.samples == ((Part(word=3, bits=(2, 11)),), (Part(word=35, bits=(2, 11)),))
    assert (found.conversion.scale, found.valid_range) == (2.5, (-15.5, 8.0))
    assert (layout.words_per_subframe, layout.sync_words) == (64, (0x247, 0x5B8, 0xA47, 0xDB8))


def test_each_word_may_have_its_own_bits_and_subframes(tmp_path):
    two = component(4, 7, bits=[(1, 10), (3, 12)], subframes=[(1,), (3,)])
    layout, _ = imported(tmp_path, fred_717(parameter("P", two, values())))
    assert layout.parameters["P"].samples == (
        (Part(word=4, bits=(1, 10), subframes=(1,)),),
        (Part(word=7, bits=(3, 12), subframes=(3,)),),
    )


def test_components_are_parts_the_lowest_first_and_shared_bits_are_read_once(tmp_path):
    low = component(59)
    high = component(58, bits=[(5, 12)], more="<Overlap_Bits>1</Overlap_Bits>")
    layout, warnings = imported(tmp_path, fred_717(parameter("P", low, high, values())))
    assert layout.parameters["P"].samples == ((Part(word=58, bits=(6, 12)), Part(word=59)),)
    assert warnings == ("P: line 5: bits that two components share are taken from the lower one",)


def test_a_superframe_parameter_names_the_counter_wherever_it_stands(tmp_path):
    slow = parameter("P", component(34, more=CYCLES), values())
    layout, warnings = imported(tmp_path, fred_717(slow, COUNTER))
    assert layout.counter == Counter(word=27, bits=(9, 12), subframe=4)
    assert layout.parameters["P"].samples[0][0].frames == (1, 9)
    assert warnings == ()


def test_a_value_acquired_long_before_its_word_is_named(tmp_path):
    offset = (
        "<Acquisition_Time_Offset><Numerator>1</Numerator><Denominator>4</Denominator>"
        "</Acquisition_Time_Offset>"
    )
    late = parameter("P", component(33, more=offset), values())
    in_time = parameter("Q", component(17, more=offset), values())
    assert imported(tmp_path, fred_717(late, in_time))[1] == (
        "P: line 5: acquired 0.250 s after the subframe's start, timed by its word at 0.500 s",
    )


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ((values(),), "line 6: it has no Component"),
        ((component(65), values()), "word 65 is outside 1..64"),
        ((component(9, bits=[(1, 13)]), values()), "line 6: Part.bits.1: Input should be less"),
        ((component(9, subframes=[(5,)]), values()), "line 6: Part.subframes.0: Input should be"),
        ((component(1, 2, bits=[(1, 2)] * 3), values()), "line 6: 3 Bits for 2 words"),
        ((component(), values()), "line 6: 1 Subframe_Numbers for 0 words"),
        ((component(1, 2), component(3), values()), "line 6: components of different length"),
        ((component("ten"), values()), "line 6: 'ten' is no whole number"),
        ((component(9, more=CYCLES.replace("SFC", "X")), values()), "superframe counter 'X' c"),
        ((component(9, more=CYCLES.replace("9", "16")), values()), "line 6: cycles [1, 16] of a"),
        ((component(9), values("Floating Point")), "line 6: a floating point number"),
        ((component(9), values("BCD", more="<BCD_Format>44</BCD_Format>")), "BCD digits of 8 bits"),
        ((component(9), values("Complex")), "line 6: unknown data type 'Complex'"),
        ((component(1), component(2), component(3), values()), "at most 31 are allowed"),
    ],
)  # fmt: skip
def test_what_is_not_understood_leaves_one_parameter_out_with_its_line(tmp_path, parts, problem):
    slow = parameter("Slow", component(34, more=CYCLES), values())
    layout, warnings = imported(tmp_path, fred_717(COUNTER, parameter("Odd", *parts), slow))
    assert set(layout.parameters) == {"SFC", "Slow"}
    (warning,) = warnings
    assert warning.startswith("Odd: ")
    assert warning.endswith("; left out")
    assert problem in warning


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (fred_717(bits=16), 2, "Bits_Per_Word is 16; only 12 is supported"),
        (fred_717(syncs=SYNCS[:3]), 2, "Sync_Pattern does not have four codes"),
        (fred_717(syncs=["2" * 12] * 4), 2, "Sync_Pattern does not have four codes"),
        (fred_717(words="many"), 2, "Words_Per_Subframe: line 3: 'many' is no whole number"),
        (fred_717(words=4), 0, "Layout.words_per_subframe"),
        (
            fred_717(seconds="<Seconds_Per_Subframe><Numerator>60</Numerator><Denominator>61</Denominator>"
            "</Seconds_Per_Subframe>"),
            3,
            "a subframe lasts 60/61 s; only 1 s is supported",
        ),
        (fred_717().replace(b"Subframe>", b"Frame>"), 1, "Subframe is missing"),
    ],
)  # fmt: skip
def test_a_frame_that_cannot_be_held_refuses_the_file(tmp_path, content, line, problem):
    with pytest.raises(ConfigError) as caught:
        imported(tmp_path, content)
    (issue,) = caught.value.issues
    assert (issue.line, issue.problem[: len(problem)]) == (line, problem)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the standard's examples are not in the project")
def test_the_standards_example_is_refused_for_its_subframe_and_else_read(tmp_path):
    (sample,) = SAMPLES.glob("*717*.xml")
    with pytest.raises(ConfigError, match=r"small.xml:21: a subframe lasts 60/61 s"):
        imported(tmp_path, sample.read_bytes())
    changed = sample.read_bytes().replace(
        b"<Numerator>60</Numerator>", b"<Numerator>61</Numerator>"
    )
    layout, warnings = imported(tmp_path, changed)
    assert list(layout.parameters) == [
        "Altitude_Press_L", "Airspeed", "Time_UTC_Min", "Superframe_Counter_1",
        "Control_Column_Position", "MFD_1", "Radio_Altitude",
    ]  # fmt: skip
    left_out = [warning for warning in warnings if warning.endswith("left out")]
    assert [warning[:24] for warning in left_out] == [
        "Rudder Ped Pos: line 262", "Lateral Range: line 341:",
    ]  # fmt: skip
