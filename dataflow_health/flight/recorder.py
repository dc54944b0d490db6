"""Recorder models: a kind of raw data file, as declared in ``config/recorders/*.yaml``."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from dataflow_health.flight.layout import FlightModel

WordPacking = Literal["le16", "be16", "packed"]


class _RecorderModel(FlightModel):
    """Fields that all recorder kinds share.

    Attributes:
        describes: Description for people.
        members: Regular expressions (case ignored) over the member's path inside its archive; a
            member that matches one is a recording of this kind. Named groups ``tail``,
            ``started_at`` and ``layout`` are used when they match.
        archives: Regular expressions over the archive's name, with the same named groups. When
            given, only members of archives that match one are recordings of this kind.
        started_at_format: ``strptime`` format of the ``started_at`` group, read as UTC.
        tail: Tail number when no name contains it.
    """

    describes: str = ""
    members: Annotated[tuple[str, ...], Field(min_length=1)]
    archives: tuple[str, ...] = ()
    started_at_format: str = "%Y%m%dT%H%M%S"
    tail: str | None = None


class Arinc717Recorder(_RecorderModel):
    """Recorder of ARINC 717 frames.

    Attributes:
        layout: Layout when neither a name nor ``layouts`` gives one.
        layouts: Layout by tail number.
        word_packings: Word packings to try; the one that gives most subframes is used.
        header_bytes: Bytes before the first word (block header), skipped.
    """

    kind: Literal["arinc717"]
    layout: str | None = None
    layouts: Mapping[str, str] = {}
    word_packings: tuple[WordPacking, ...] = ("le16", "be16", "packed")
    header_bytes: Annotated[int, Field(ge=0)] = 0


class CsvRecorder(_RecorderModel):
    """Recorder of delimited text with a header row, such as Garmin's G1000 and G1000H.

    Attributes:
        delimiter: Character between two cells.
        comment: Start of a comment line. Comment lines before the header are read for
            ``key="value"`` pairs and units.
        date: Column of the date.
        time: Column of the time of day.
        utc_offset: Column of the local time's offset from UTC; null when times are in UTC.
        columns: Parameter name by column name; columns not listed keep their own name, in lower
            case and followed by the unit.
        tail_key: Key of the tail number among the pairs of the comment lines.
    """

    kind: Literal["csv"]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    comment: str = "#"
    date: str = "Lcl Date"
    time: str = "Lcl Time"
    utc_offset: str | None = "UTCOfst"
    columns: Mapping[str, str] = {}
    tail_key: str | None = None


Recorder = Annotated[Arinc717Recorder | CsvRecorder, Field(discriminator="kind")]
