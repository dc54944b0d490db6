import pytest
from pydantic import TypeAdapter, ValidationError

from dataflow_health.flight.recorder import Arinc717Recorder, CsvRecorder, LayoutRecorder, Recorder

ADAPTER = TypeAdapter(Recorder)


def test_the_kind_selects_the_model():
    arinc = ADAPTER.validate_python({"kind": "arinc717", "members": ["dat$"]})
    log = ADAPTER.validate_python({"kind": "csv", "members": ["csv$"], "time": "Time"})
    assert isinstance(arinc, Arinc717Recorder)
    assert isinstance(log, CsvRecorder)
    frames = ADAPTER.validate_python({"kind": "arinc767", "members": ["x"], "layouts": {"N1": "a"}})
    assert isinstance(frames, LayoutRecorder)
    assert frames.needs_layout


def test_packets_need_a_layout_only_for_a_channel_of_frames():
    packets = {"kind": "irig106", "members": ["x"]}
    assert not ADAPTER.validate_python(packets).needs_layout
    assert ADAPTER.validate_python(packets | {"pcm_channel": 9}).needs_layout


def test_all_word_packings_are_tried_by_default():
    recorder = Arinc717Recorder(kind="arinc717", members=["x"])
    assert recorder.word_packings == ("le16", "be16", "packed")
    assert (recorder.header_bytes, recorder.layout, recorder.layouts) == (0, None, {})


def test_a_csv_recorder_needs_only_the_column_of_time():
    recorder = CsvRecorder(kind="csv", members=["x"], time="Time")
    assert (recorder.delimiter, recorder.comment, recorder.decimal) == (",", "#", ".")
    assert (recorder.date, recorder.time_format, recorder.time_zone) == (None, "iso", "UTC")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "arinc717", "members": []}, "at least 1 item"),
        ({"kind": "arinc717", "members": ["x"], "header_bytes": -1}, "greater than or equal to 0"),
        ({"kind": "arinc717", "members": ["x"], "word_packings": ["le12"]}, "'le16', 'be16'"),
        ({"kind": "csv", "members": ["x"], "time": "t", "delimiter": ";;"}, "at most 1 character"),
        ({"kind": "csv", "members": ["x"], "delimiter": ""}, "at least 1 character"),
        ({"kind": "csv", "members": ["x"]}, "time\n  Field required"),
        ({"kind": "csv", "members": ["x"], "time": "t", "time_zone": "Mars/One"}, "no IANA"),
        ({"kind": "csv", "members": ["x"], "time": "t", "time_zone": "../etc"}, "no IANA"),
        ({"kind": "csv", "members": ["x"], "time": "t", "time_format": "hours"}, "unix_ms"),
        ({"kind": "csv", "members": ["x"], "time": "t", "decimal": ","}, "are both ','"),
        ({"kind": "csv", "members": ["x"], "time": "t", "encoding": "hex"}, "'cp1252'"),
        ({"kind": "csv", "members": ["x"], "layout": "x"}, "Extra inputs are not permitted"),
        ({"kind": "tape", "members": ["x"]}, "'arinc717', 'arinc767', 'csv', 'irig106'"),
    ],
)
def test_a_wrong_recorder_is_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        ADAPTER.validate_python(fields)
