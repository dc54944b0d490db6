from dataflow_health.flight.arinc767.frame_placement import FramePlacement, place_frames
from dataflow_health.flight.arinc767.frames import find_frames, is_documentary
from dataflow_health_tests.flight.arinc767.frame_encoder import documentary, frame, recording


def placed(raw: bytes) -> FramePlacement:
    found = find_frames(raw)
    is_document = is_documentary(raw, found)
    return place_frames(raw, found.select(~is_document), found.select(is_document))


def test_frames_in_order_have_a_place_and_no_note():
    found = placed(recording(range(0, 9000, 500)))
    assert (found.second.tolist(), found.left_out, found.notes) == (list(range(9)), {}, ())
    assert found.groups[3].cell.tolist() == list(range(18))


def test_frames_that_are_left_out_or_repeated_are_counted_by_reason():
    raw = recording(range(0, 90_000, 500))
    block, odd, behind = raw[140 + 15 * 20 :], frame(3, 89_700, bytes(9)), frame(3, 7, b"xyz")
    found = placed(raw + block + behind + odd)
    assert found.left_out == {
        "have another length than the others of their id": 1,
        "have a time tag that does not fit their neighbours": 1,
    }
    assert found.first_left_out == len(raw + block)
    assert found.notes == (
        "1 frames have another length than the others of their id and are left out",
        "1 frames have a time tag that does not fit their neighbours and are left out",
        "160 frames repeat earlier ones and are left out",
    )


def test_frames_at_one_time_are_moved_and_too_many_left_out():
    tags = [*range(0, 9000, 500), *range(9000, 9007)]
    raw = documentary() + b"".join(frame(3, tag, b"abc") for tag in tags)
    found = placed(raw)
    assert raw[found.first_left_out :].startswith(b"\xeb\x90")
    assert found.left_out == {"are more than the rate of their id allows": 4}
    assert found.notes[1] == (
        "2 frames were moved by 1 or 2 samples because another frame has the same time"
    )
    assert len(set(found.groups[3].cell.tolist())) == len(tags) - 4
