"""Layout model: place of each parameter in ARINC 717 or 767 frames (``config/layouts/*.yaml``).

A frame of ARINC 717 is four subframes of one second; a subframe is ``words_per_subframe`` words of
12 bits, word 1 being the sync word (ARINC 717-15, section 3.3). A superframe is 16 frames, numbered
by a counter. A frame of ARINC 767 has a number and up to 2036 bytes of data.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SYNC_WORDS = (0x247, 0x5B8, 0xA47, 0xDB8)
"""Sync words of subframes 1 to 4 (ARINC 717-15, section 3.3; octal 1107, 2670, 5107, 6670)."""

WORD_BITS = 12
FLOAT_BITS = 32
SUBFRAMES = (1, 2, 3, 4)
SUPERFRAME_FRAMES = 16
MAX_FRAME_BITS = 2036 * 8
"""Bits of data in the longest ARINC 767 frame, of 2048 bytes."""


class FlightModel(BaseModel):
    """Base model of flight data declared in YAML: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(FlightModel):
    """Bits of one word: the whole of a sample, or one part of it.

    Attributes:
        word: One-based word in the subframe.
        bits: Lowest and highest bit, one-based, bit 1 the least significant.
        subframes: Subframes (1-4) that carry the word.
        frames: Superframe counter values that carry the word; empty means every frame.
    """

    word: Annotated[int, Field(ge=1, le=8192)]
    bits: tuple[
        Annotated[int, Field(ge=1, le=WORD_BITS)], Annotated[int, Field(ge=1, le=WORD_BITS)]
    ] = (1, WORD_BITS)
    subframes: tuple[Annotated[int, Field(ge=1, le=4)], ...] = SUBFRAMES
    frames: tuple[Annotated[int, Field(ge=0, le=SUPERFRAME_FRAMES - 1)], ...] = ()

    @property
    def width(self) -> int:
        """Number of bits."""
        return self.bits[1] - self.bits[0] + 1

    @model_validator(mode="after")
    def _bits_ascend(self) -> "Part":
        if self.bits[0] > self.bits[1]:
            raise ValueError(f"bits {list(self.bits)} must be [lowest, highest]")
        return self


class FrameBits(FlightModel):
    """Location of a value in an ARINC 767 frame.

    Attributes:
        frame: Frame id, 1 to 255.
        bit: One-based first bit in the frame's data, the most significant of the value.
        width: Number of bits.
        rate_hz: Frames a second; 0 when an event triggers the frame.
    """

    frame: Annotated[int, Field(ge=1, le=255)]
    bit: Annotated[int, Field(ge=1, le=MAX_FRAME_BITS)]
    width: Annotated[int, Field(ge=1, le=640)]
    rate_hz: Annotated[float, Field(ge=0)] = 1.0

    @property
    def last_bit(self) -> int:
        """One-based last bit in the frame's data."""
        return self.bit + self.width - 1


class Linear(FlightModel):
    """Engineering value = count * scale + offset.

    Attributes:
        scale: Engineering units per count.
        offset: Value of count 0.
    """

    kind: Literal["linear"] = "linear"
    scale: float = 1.0
    offset: float = 0.0


class Polynomial(FlightModel):
    """Engineering value = c0 + c1 x + c2 x^2 + ...

    Attributes:
        coefficients: c0, c1, c2 and so on.
    """

    kind: Literal["polynomial"]
    coefficients: Annotated[tuple[float, ...], Field(min_length=1)]


class Table(FlightModel):
    """Piecewise linear through (count, value) points; constant outside them.

    Attributes:
        points: Pairs ``[count, value]``, counts strictly ascending.
    """

    kind: Literal["table"]
    points: Annotated[tuple[tuple[float, float], ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _counts_ascend(self) -> "Table":
        counts = [point[0] for point in self.points]
        if counts != sorted(set(counts)):
            raise ValueError("points must have strictly ascending counts")
        return self


Conversion = Annotated[Linear | Polynomial | Table, Field(discriminator="kind")]

Coding = Literal["bnr", "sign_magnitude", "unsigned", "bcd", "discrete", "characters", "float"]
"""How bits become an integer count.

``bnr`` two's complement over the whole field (ARINC 429 part 1, 2.1.2); ``sign_magnitude`` top bit
is the sign; ``bcd`` decimal digits of ``digits`` bits; ``characters`` ISO-8859-1, 7 or 8 bits each;
``float`` IEEE 754 single precision, in ARINC 767 only.
"""


class Parameter(FlightModel):
    """One parameter: location of its bits and their conversion to engineering units.

    Attributes:
        describes: Description for people.
        unit: Engineering unit; empty when there is none.
        coding: See :data:`Coding`.
        samples: One entry per sample in a subframe, in time order; each a tuple of parts, the most
            significant first. The short form ``words: [3, 67]`` with ``bits``, ``subframes`` and
            ``frames`` declares samples of one part each.
        place: Location in a frame of ARINC 767, instead of ``samples``.
        digits: Width in bits of each BCD digit or character, most significant first; empty means
            digits of four bits, the first taking the remainder, and characters of eight bits, or
            of seven where the parts have seven.
        conversion: Conversion of a count to an engineering value.
        states: Texts for counts, for display only; the value stays the number.
        valid_range: Lowest and highest physically possible value.
        live: True when the value of a working sensor changes in flight (flat-line checks apply).
        required: True when a recording without this parameter is suspect.
    """

    describes: str = ""
    unit: str = ""
    coding: Coding = "unsigned"
    samples: tuple[tuple[Part, ...], ...] = ()
    place: FrameBits | None = None
    digits: tuple[Annotated[int, Field(ge=1, le=8)], ...] = ()
    conversion: Conversion = Linear()
    states: Mapping[int, str] = {}
    valid_range: tuple[float, float] | None = None
    live: bool = False
    required: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: object) -> object:
        if not isinstance(given, dict) or "words" not in given:
            return given
        rest = {k: v for k, v in given.items() if k not in {"words", "bits", "subframes", "frames"}}
        shared = {k: given[k] for k in ("bits", "subframes", "frames") if k in given}
        if "samples" in given:
            raise ValueError("give either words or samples, not both")
        if not isinstance(given["words"], list | tuple):
            raise ValueError("words must be a list of one-based word numbers")  # noqa: TRY004
        return rest | {"samples": [[{"word": word} | shared] for word in given["words"]]}

    @model_validator(mode="after")
    def _has_samples(self) -> "Parameter":
        if self.place is not None and self.samples:
            raise ValueError("give either place, or words or samples")
        if self.place is None and not (self.samples and all(self.samples)):
            raise ValueError("needs words or samples, and every sample needs a part")
        if self.coding == "float" and (self.place is None or self.width != FLOAT_BITS):
            raise ValueError(f"a float needs a place of {FLOAT_BITS} bits")
        limit = 31 if self.place is None and self.coding in {"unsigned", "discrete"} else 32
        if self.width > limit and not self.is_text:
            raise ValueError(f"parts add up to {self.width} bits, at most {limit} are allowed")
        return self

    @property
    def width(self) -> int:
        """Bits in one sample, all parts together."""
        if self.place is not None:
            return self.place.width
        return sum(part.width for part in self.samples[0])

    @property
    def is_text(self) -> bool:
        """True when the value is characters, not a number."""
        return self.coding == "characters"

    @property
    def rate_hz(self) -> float:
        """Samples per second, averaged over a superframe."""
        if self.place is not None:
            return self.place.rate_hz
        first = self.samples[0][0]
        share = len(first.subframes) / 4 * (len(first.frames) / SUPERFRAME_FRAMES or 1)
        return len(self.samples) * share

    def offsets_s(self, words_per_subframe: int) -> tuple[float, ...]:
        """Time of each sample after the start of its subframe, in seconds."""
        return tuple((sample[0].word - 1) / words_per_subframe for sample in self.samples)


class Counter(FlightModel):
    """The superframe counter: the bits that number a frame within its superframe.

    Attributes:
        word: One-based word in the subframe.
        bits: Lowest and highest bit, one-based, bit 1 the least significant.
        subframe: The subframe (1-4) that carries it.
    """

    word: Annotated[int, Field(ge=1, le=8192)]
    bits: tuple[int, int] = (1, WORD_BITS)
    subframe: Annotated[int, Field(ge=1, le=4)] = 1


class Clock(FlightModel):
    """Names of the parameters that hold date and time in UTC; any may be missing.

    Attributes:
        hour: Parameter of the hour, 0-23.
        minute: Parameter of the minute.
        second: Parameter of the second.
        day: Parameter of the day of the month.
        month: Parameter of the month, 1-12.
        year: Parameter of the year, with or without its century.
    """

    hour: str | None = None
    minute: str | None = None
    second: str | None = None
    day: str | None = None
    month: str | None = None
    year: str | None = None


class Layout(FlightModel):
    """All parameters of one frame layout.

    Attributes:
        describes: Description for people.
        words_per_subframe: 64 to 8192, a power of two in every recorder known; required unless all
            parameters have a ``place`` in frames of ARINC 767.
        sync_words: Sync words of subframes 1 to 4.
        counter: Superframe counter, when the layout has one.
        clock: Names of the clock parameters.
        parameters: Parameters by name; the name ends with the unit where that is fixed.
    """

    describes: str = ""
    words_per_subframe: Annotated[int, Field(ge=32, le=8192)] = 64
    sync_words: tuple[int, int, int, int] = SYNC_WORDS
    counter: Counter | None = None
    clock: Clock = Clock()
    parameters: Mapping[str, Parameter]

    @property
    def is_arinc767(self) -> bool:
        """True when all parameters have a place in frames of ARINC 767."""
        places = [parameter.place for parameter in self.parameters.values()]
        return bool(places) and None not in places

    @model_validator(mode="after")
    def _check_consistency(self) -> "Layout":
        problems = []
        has_words = any(parameter.place is None for parameter in self.parameters.values())
        if "words_per_subframe" not in self.model_fields_set and has_words:
            problems.append("words_per_subframe is missing: the words of a subframe of ARINC 717")
        problems += [
            f"parameter {name}: word {part.word} is outside 1..{self.words_per_subframe}"
            for name, parameter in self.parameters.items()
            for sample in parameter.samples
            for part in sample
            if part.word > self.words_per_subframe
        ]
        problems += [
            f"parameter {name}: frames need a superframe counter, and the layout declares none"
            for name, parameter in self.parameters.items()
            if self.counter is None and any(p.frames for s in parameter.samples for p in s)
        ]
        clock_names = (getattr(self.clock, field) for field in type(self.clock).model_fields)
        problems += [
            f"clock: {name} is not a parameter of the layout"
            for name in clock_names
            if name and name not in self.parameters
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self
