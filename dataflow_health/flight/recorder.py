"""Recorder models: a kind of raw data file, as declared in ``config/recorders/*.yaml``."""

from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from dataflow_health.flight.layout import FlightModel

WordPacking = Literal["le16", "be16", "packed"]

TIME_WORDS = ("iso", "unix_s", "unix_ms", "elapsed_s")
"""Formats of time in a delimited log that ``strptime`` does not know."""


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


class LayoutRecorder(_RecorderModel):
    """Fields of recorders whose parameters a layout locates.

    Attributes:
        layout: Layout when neither a name nor ``layouts`` gives one.
        layouts: Layout by tail number.
    """

    layout: str | None = None
    layouts: Mapping[str, str] = {}

    @property
    def needs_layout(self) -> bool:
        """True when a recording cannot be decoded without a layout."""
        return True


class Arinc717Recorder(LayoutRecorder):
    """Recorder of ARINC 717 frames.

    Attributes:
        word_packings: Word packings to try; the one that gives most subframes is used.
        header_bytes: Bytes before the first word (block header), skipped.
    """

    kind: Literal["arinc717"]
    word_packings: tuple[WordPacking, ...] = ("le16", "be16", "packed")
    header_bytes: Annotated[int, Field(ge=0)] = 0


class Arinc767Recorder(LayoutRecorder):
    """Recorder of ARINC 767 frames, which carry their own length, time and number."""

    kind: Literal["arinc767"]


class BusWord(FlightModel):
    """One parameter in the messages of a MIL-STD-1553 bus.

    Attributes:
        describes: Description for people.
        channel: Channel of the recorder on which the bus is.
        terminal: Address of the remote terminal.
        direction: ``transmit`` for what the terminal sends, ``receive`` for what it is sent.
        subaddress: Subaddress of the message.
        word: One-based data word of the message.
        bits: First and last bit in the word, as MIL-STD-1553 counts them: 1 is the most
            significant.
        coding: How the bits become a count.
        scale: Engineering units per count.
        offset: Value of count 0.
        unit: Engineering unit; empty when there is none.
        valid_range: Lowest and highest physically possible value.
    """

    describes: str = ""
    channel: Annotated[int, Field(ge=1, le=0xFFFF)]
    terminal: Annotated[int, Field(ge=0, le=30)]
    direction: Literal["transmit", "receive"] = "transmit"
    subaddress: Annotated[int, Field(ge=1, le=30)]
    word: Annotated[int, Field(ge=1, le=32)]
    bits: tuple[Annotated[int, Field(ge=1, le=16)], Annotated[int, Field(ge=1, le=16)]] = (1, 16)
    coding: Literal["bnr", "sign_magnitude", "unsigned", "bcd", "discrete"] = "bnr"
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    valid_range: tuple[float, float] | None = None

    @field_validator("bits")
    @classmethod
    def _ascend(cls, given: tuple[int, int]) -> tuple[int, int]:
        if given != tuple(sorted(given)):
            raise ValueError(f"bits {list(given)} must ascend: 1 is the most significant")
        return given


class Irig106Recorder(LayoutRecorder):
    """Recorder of IRIG 106 Chapter 10 packets.

    Attributes:
        pcm_channel: Channel with ARINC 717 frames, in throughput mode; null to read the discrete
            channels and ``bus_words`` instead, which needs no layout.
        bus_words: Parameters in messages of MIL-STD-1553 buses, by name.
    """

    kind: Literal["irig106"]
    pcm_channel: Annotated[int, Field(ge=1, le=0xFFFF)] | None = None
    bus_words: Mapping[str, BusWord] = {}

    @model_validator(mode="after")
    def _one_source(self) -> "Irig106Recorder":
        if self.bus_words and self.pcm_channel is not None:
            raise ValueError("give either pcm_channel or bus_words: declare a recorder for each")
        return self

    @property
    def needs_layout(self) -> bool:
        """True when a PCM channel is declared."""
        return self.pcm_channel is not None


class CsvRecorder(_RecorderModel):
    """Recorder of delimited text with a header row, such as a Garmin log or a HUMS export.

    Attributes:
        delimiter: Character between two cells.
        comment: Start of a comment line; empty when there are none. Comment lines before the header
            are read for ``key="value"`` pairs and units.
        encoding: Encoding of the text; null for UTF-8, or UTF-16 with a byte order mark, else
            Latin-1.
        decimal: Decimal sign of numbers.
        missing: Cells that mean "no value", besides empty ones.
        header_line: Line of the header, from 1; null for the first line that names the clock's
            columns.
        units_line: Line with the unit of each column, from 1; null when there is none. Units then
            come from a comment line or from the line above the header, or end a column's name in
            brackets.
        units: Unit by column name, where the file states none or a wrong one.
        date: Column of the date; null when the column of the time has both.
        time: Column of the time of day, or of date and time.
        time_format: ``iso``, ``unix_s``, ``unix_ms``, ``elapsed_s`` (seconds since any start), or
            the ``strptime`` format of date and time with a blank between them.
        time_zone: IANA time zone of times without an offset, such as ``Europe/Zurich``.
        utc_offset: Column of the local time's offset from UTC; null when there is none.
        columns: Parameter name by column name; columns not listed keep their own name, in lower
            case and followed by the unit.
        tail_keys: Keys of the tail number among the pairs of the comment lines; the first that has
            a value is used.
    """

    kind: Literal["csv"]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    comment: str = "#"
    encoding: Literal["utf-8", "utf-16", "latin-1", "cp1252"] | None = None
    decimal: Literal[".", ","] = "."
    missing: tuple[str, ...] = ()
    header_line: Annotated[int, Field(ge=1)] | None = None
    units_line: Annotated[int, Field(ge=1)] | None = None
    units: Mapping[str, str] = {}
    date: str | None = None
    time: str
    time_format: str = "iso"
    time_zone: str = "UTC"
    utc_offset: str | None = None
    columns: Mapping[str, str] = {}
    tail_keys: tuple[str, ...] = ()

    @field_validator("time_format")
    @classmethod
    def _time_format_is_known(cls, given: str) -> str:
        if given not in TIME_WORDS and "%" not in given:
            words = ", ".join(TIME_WORDS)
            raise ValueError(f"{given!r} is neither one of {words} nor a strptime format")
        return given

    @field_validator("time_zone")
    @classmethod
    def _time_zone_exists(cls, given: str) -> str:
        try:
            ZoneInfo(given)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{given!r} is no IANA time zone, such as Europe/Zurich") from error
        return given

    @model_validator(mode="after")
    def _cells_can_be_split(self) -> "CsvRecorder":
        if self.delimiter == self.decimal:
            raise ValueError(f"delimiter and decimal are both {self.decimal!r}")
        return self


Recorder = Annotated[
    Arinc717Recorder | Arinc767Recorder | CsvRecorder | Irig106Recorder,
    Field(discriminator="kind"),
]
