"""Archives that were built to break their reader; each holds one sound recording where it can."""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping

from dataflow_health_tests.factories import zipped

SOUND = "HB-ZAA_20261120T081200Z.rdf"
DIRECTORY = b"PK\x01\x02"
END = b"PK\x05\x06"


def empty_member_name() -> bytes:
    return zipped({"": b"x" * 100, SOUND: b"beside an empty name"})


def broken_lzma() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("bad.rdf", bytes(range(256)) * 40, zipfile.ZIP_LZMA)
        archive.writestr(SOUND, b"beside a broken LZMA member", zipfile.ZIP_DEFLATED)
    content = bytearray(sink.getvalue())
    at = 30 + len("bad.rdf") + 4
    content[at : at + 5] = b"\xff" * 5  # the properties of the LZMA stream
    return bytes(content)


def offset_of_2_to_the_63() -> bytes:
    """The directory says that its first member begins at 2**63, by a zip64 extra field."""
    content = _written(("far.rdf", b"y" * 50), (SOUND, b"beside a far offset"))
    first = content.index(DIRECTORY)
    name = first + 46
    extra = struct.pack("<HHQ", 1, 8, 1 << 63)
    changed = bytearray(content[: name + len("far.rdf")] + extra + content[name + len("far.rdf") :])
    changed[first + 30 : first + 32] = struct.pack("<H", len(extra))
    changed[first + 42 : first + 46] = b"\xff" * 4
    end = changed.index(END)
    [size] = struct.unpack("<L", changed[end + 12 : end + 16])
    changed[end + 12 : end + 16] = struct.pack("<L", size + len(extra))
    return bytes(changed)


def directory_at_2_to_the_63() -> bytes:
    """The end record points to a zip64 end record whose directory is nowhere."""
    content = bytearray(zipped({SOUND: b"without its directory"}))
    end = content.index(END)
    content[end + 16 : end + 20] = b"\xff" * 4
    zip64 = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 70, 1 << 63)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    return bytes(content[:end] + zip64 + locator + content[end:])


def name_that_is_not_utf_8() -> bytes:
    """Says that its names are UTF-8, and they are not."""
    return zipped({"é.rdf": b"x"}).replace("é".encode(), b"\xff\xfe")


def broken_extra_field() -> bytes:
    info = zipfile.ZipInfo("a.rdf")
    info.extra = struct.pack("<HH", 1, 8) + b"12345678"
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(info, b"x")
    return sink.getvalue().replace(b"12345678" + END, b"1234" + END, 1)


def unknown_compression() -> bytes:
    content = bytearray(_written(("odd.rdf", b"x"), (SOUND, b"beside an unknown method")))
    at = content.index(DIRECTORY) + 10
    content[at : at + 2] = struct.pack("<H", 99)
    return bytes(content)


def nested_empty_name() -> bytes:
    return zipped({"in.zip": zipped({"": b"x"}), SOUND: b"beside a nested one"})


def name_of_65_000_letters() -> bytes:
    """Backtracking over such a name took 20 seconds for each pattern."""
    return zipped({"A" * 65_000: b"x", SOUND: b"beside a long name"})


def three_of_one_name() -> bytes:
    """Members of one name, one named as the path that the second has, and one refused."""
    return _written(
        (SOUND, b"1 of one name"),
        (f"{SOUND}#2", b"no recording"),
        (SOUND, b"2 of one name"),
        (SOUND, b"3 of one name"),
        ("../out.rdf", b"x"),
    )


def overlapping_members() -> bytes:
    """Two entries of the directory name the same bytes: a small file that unpacks to many."""
    content = bytearray(_written(("a.rdf", b"a" * 99), ("b.rdf", b"b"), (SOUND, b"beside them")))
    second = content.index(DIRECTORY, content.index(DIRECTORY) + 1)
    content[second + 42 : second + 46] = bytes(4)
    return bytes(content)


def same_named(name: str, contents: Iterable[bytes]) -> bytes:
    """A zip whose members all have one name."""
    return _written(*((name, content) for content in contents))


def _written(*members: tuple[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about names that occur twice
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 8, 0, 0)), content)
    return sink.getvalue()


CORPUS: Mapping[str, tuple[Callable[[], bytes], str, int]] = {
    each.__name__: (each, reason, recordings)
    for each, reason, recordings in (
        (empty_member_name, "no_name", 1),
        (broken_lzma, "crc_error", 1),
        (offset_of_2_to_the_63, "crc_error", 1),
        (directory_at_2_to_the_63, "bad_directory", 0),
        (name_that_is_not_utf_8, "bad_directory", 0),
        (broken_extra_field, "bad_directory", 0),
        (unknown_compression, "crc_error", 1),
        (nested_empty_name, "no_name", 1),
        (name_of_65_000_letters, "name_too_long", 1),
        (three_of_one_name, "path_escape", 3),
        (overlapping_members, "overlapping_members", 1),
    )
}
"""Builder of each archive, the reason for its refusal, and the recordings that are saved of it."""
