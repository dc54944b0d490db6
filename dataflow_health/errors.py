"""Every error this package raises on purpose.

The tree::

    DataflowHealthError
    ├── ConfigError            declared YAML is wrong; carries every Fault at once
    ├── Refused                one archive or recording cannot be used; it goes to quarantine
    │   ├── ArchiveRefused     not a safe, whole zip
    │   └── RecordingRefused   bytes that no recorder or layout explains
    ├── StageFault             the stage itself cannot work; the step fails and is retried
    │   ├── SourceUnreachable  nowhere to download from
    │   ├── StorageFault       disk full, no permission, object store away
    │   ├── DatabaseFault      ledger or results away
    │   └── SparkFault         no Java, session lost, job failed
    ├── RendererMissing        the extra that draws SVG and PNG is not installed
    ├── ApiFault               the API that was asked does not answer, or refuses
    ├── NotFound               a name the user gave means nothing here
    └── NotAllowed             what the user asks for cannot be done as things are
"""

from collections.abc import Mapping
from dataclasses import dataclass


class DataflowHealthError(Exception):
    """The root: catch this to catch only what we raise on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in one file, as a person would point at it.

    Attributes:
        file: Path of the file, relative to the folder that was loaded.
        line: One-based line, 0 when the file as a whole is meant.
        where: Dotted key path inside the file, empty for the whole file.
        problem: What is wrong.
        allowed: What would be right.
    """

    file: str
    line: int
    where: str
    problem: str
    allowed: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.where}:" if self.where else ""
        hint = f" ({self.allowed})" if self.allowed else ""
        return f"{place}:{key} {self.problem}{hint}"


class ConfigError(DataflowHealthError):
    """Declared YAML is wrong. All faults of all files are told at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class Refused(DataflowHealthError):
    """One archive or recording that a stage cannot use.

    Attributes:
        reason: Reason code, one lowercase word group such as ``crc_error``.
        detail: What was expected and what was found, for a person.
        byte_offset: Where in the file, when there is one place.
        frame: Frame number, when there is one.
        evidence: Up to 64 bytes found at ``byte_offset``.
        facts: What is known of it all the same.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        byte_offset: int | None = None,
        frame: int | None = None,
        evidence: bytes = b"",
        facts: Mapping[str, object] | None = None,
    ) -> None:
        self.facts = facts or {}
        self.reason = reason
        self.detail = detail
        self.byte_offset = byte_offset
        self.frame = frame
        self.evidence = evidence[:64]
        super().__init__(f"{reason}: {detail}")


class ArchiveRefused(Refused):
    """Not a safe, whole zip archive."""


class RecordingRefused(Refused):
    """Bytes that no recorder or layout explains."""


class StageFault(DataflowHealthError):
    """The stage itself cannot work: its step fails, and is retried."""


class SourceUnreachable(StageFault):
    """There is nowhere to download from."""


class StorageFault(StageFault):
    """The landing zone or the lake cannot be read or written."""


class DatabaseFault(StageFault):
    """The ledger or the results database does not answer."""


class SparkFault(StageFault):
    """Spark cannot start, or its job failed."""


class RendererMissing(DataflowHealthError):
    """SVG and PNG need an extra that is not installed; the Mermaid text is always there."""


class ApiFault(DataflowHealthError):
    """The API that was asked does not answer, or refuses; its message is passed on."""


class NotFound(DataflowHealthError):
    """A name the user gave means nothing here; the message lists near names."""


class NotAllowed(DataflowHealthError):
    """What the user asks for cannot be done as things are; the message says what can."""
