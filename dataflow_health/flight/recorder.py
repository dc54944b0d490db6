"""A kind of raw data file, as declared in ``config/recorders/*.yaml``."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from dataflow_health.flight.layout import FlightModel

WordPacking = Literal["le16", "be16", "packed"]


class _RecorderModel(FlightModel):
    """What all recorder kinds share.

    Attributes:
        describes: For people.
        members: Regular expressions (case ignored) over the member's path inside its archive, any
            of which makes it a recording of this kind. Named groups ``tail``, ``started_at`` and
            ``layout`` are used when they match.
        archives: The same over the archive's name, for what the member's name does not tell. A
            recorder with ``archives`` only takes members of archives that match one.
        started_at_format: ``strptime`` format of the ``started_at`` group, read as UTC.
        tail: Tail when no name tells it.
    """

    describes: str = ""
    members: Annotated[tuple[str, ...], Field(min_length=1)]
    archives: tuple[str, ...] = ()
    started_at_format: str = "%Y%m%dT%H%M%S"
    tail: str | None = None


class Arinc717Recorder(_RecorderModel):
    """ARINC 717 frames.

    Attributes:
        layout: Layout when nothing else tells it.
        layouts: Layout by tail.
        containers: Containers to try; the one whose sync stride holds best wins.
        header_bytes: Bytes in front of the words (block header), skipped.
    """

    kind: Literal["arinc717"]
    layout: str | None = None
    layouts: Mapping[str, str] = {}
    containers: tuple[WordPacking, ...] = ("le16", "be16", "packed")
    header_bytes: Annotated[int, Field(ge=0)] = 0


class CsvRecorder(_RecorderModel):
    """Delimited text with a header row, as Garmin's G1000 and G1000H write.

    Attributes:
        delimiter: One character.
        comment: Lines that start with it and stand before the header are read for ``key="value"``
            pairs and units, then skipped.
        date: Column of the date.
        time: Column of the time of day.
        utc_offset: Column of the local time's offset from UTC; null when times are UTC.
        columns: Our parameter name by the column's name; columns not listed keep their own name,
            lowercased with the unit behind it.
        tail_key: Key of the tail in the comment line's pairs.
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
