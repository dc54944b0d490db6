import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from dataflow_health.errors import ArchiveRefused
from dataflow_health.stages import archive_reader
from dataflow_health.stages.archive_reader import MemberReply
from dataflow_health.storage.files.lake import sha256
from dataflow_health_tests.factories import LIMITS, catalogue, zipped

FIRST, SECOND = "HB-ZAA_20261120T081200Z.rdf", "HB-ZAB_20261120T081200Z.rdf"


def read(folder: Path, content: bytes, digest: str | None = None) -> list[MemberReply]:
    """Replies of an archive; the bytes of each recording are checked on the way."""
    local, work = folder / "a.zip", folder / "work"
    local.write_bytes(content)
    work.mkdir()
    recorders = pickle.dumps(catalogue().recorders)
    found = []
    for reply in archive_reader.read(
        local, "download/a.zip", digest or sha256(content), "a.zip", recorders, LIMITS, work
    ):
        if reply.recording:
            assert sha256((work / reply.recording.file).read_bytes()) == reply.recording.id
        found.append(reply)
    assert list(work.iterdir()) == []
    return found


def test_recordings_stand_in_files_until_the_next_member_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, zipped({FIRST: b"words", "card.txt": b"ok", SECOND: b"more"}))
    tails = [reply.recording.tail if reply.recording else None for reply in found]
    assert tails == ["HB-ZAA", None, "HB-ZAB"]
    assert [reply.refusal for reply in found] == [None] * 3


def test_a_delimited_log_names_its_aircraft_inside(tmp_path: Path) -> None:
    log = b'#airframe_info, system_id="1A2B"\n' + b"x" * 100_000
    [reply] = read(tmp_path, zipped({"log_201120_081200_LSZH.csv": log}))
    assert reply.recording is not None
    assert (reply.recording.tail, reply.recording.recorder) == ("1A2B", "garmin_csv")


def test_an_archive_with_other_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused, match="input_changed"):
        read(tmp_path, zipped({FIRST: b"x"}), digest="0" * 64)


@pytest.mark.parametrize("error", [IndexError("x"), MemoryError(), RecursionError(), KeyError("k")])
def test_a_member_whose_identification_crashes_is_refused_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    identify: Callable[..., object] = archive_reader.identify

    def crash_on_first(archive: str, path: str, recorders: object) -> object:
        if path == FIRST:
            raise error
        return identify(archive, path, recorders)

    monkeypatch.setattr(archive_reader, "identify", crash_on_first)
    first, second = read(tmp_path, zipped({FIRST: b"a", SECOND: b"b"}))
    assert first.refusal is not None
    expected = "out_of_memory" if isinstance(error, MemoryError) else "unexpected_error"
    assert first.refusal.reason == expected
    assert first.refusal.detail.startswith(f"{FIRST}: {type(error).__name__}")
    assert second.recording is not None
    assert second.recording.tail == "HB-ZAB"
