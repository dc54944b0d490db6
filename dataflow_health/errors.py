"""Exceptions that this package raises on purpose.

The tree::

    DataflowHealthError
    ├── ConfigError            the YAML configuration is invalid; lists every issue found
    ├── Refused                one archive or recording is unusable; it goes to quarantine
    │   ├── ArchiveRefused     not a complete, safe zip archive
    │   └── RecordingRefused   no recorder or layout can read the bytes
    ├── StageError             a stage cannot work at all; its step fails and is retried
    │   ├── SourceUnreachable  the archive source does not respond
    │   ├── StorageError       disk full, permission denied, object store unreachable
    │   ├── DatabaseError      ledger or results database unreachable
    │   ├── SparkError         no Java, session lost, job failed
    │   └── SandboxError       no child process to open untrusted bytes in
    ├── ApiError               the API does not respond or rejected the request
    ├── SystemUnavailable      another program does not answer as its API promises
    ├── RendererMissing        the optional extra for SVG and PNG is not installed
    ├── NotFound               a name given by the user does not exist
    └── NotAllowed             the requested action is not possible in the current state
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial


class DataflowHealthError(Exception):
    """Base class of all exceptions that this package raises on purpose."""


@dataclass(frozen=True, slots=True)
class ConfigIssue:
    """One mistake in one configuration file.

    Attributes:
        file: Path of the file, relative to the configuration folder.
        line: Line number, starting at 1; 0 when the issue concerns the whole file.
        key: Dotted key path inside the file; empty when the issue concerns the whole file.
        problem: What is wrong.
        allowed: What would be valid instead.
    """

    file: str
    line: int
    key: str
    problem: str
    allowed: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        hint = f" ({self.allowed})" if self.allowed else ""
        return f"{place}:{key} {self.problem}{hint}"


class ConfigError(DataflowHealthError):
    """The YAML configuration is invalid.

    Attributes:
        issues: All mistakes in all files, not just the first.
    """

    def __init__(self, issues: tuple[ConfigIssue, ...]) -> None:
        self.issues = issues
        super().__init__("\n".join(str(issue) for issue in issues))


class Refused(DataflowHealthError):
    """A stage cannot use one archive or recording, which therefore goes to quarantine.

    Attributes:
        reason: Reason code in snake case, such as ``crc_error``.
        detail: Expected and actual value, for people.
        byte_offset: Position in the file, if there is a single one.
        frame: Frame number, if there is a single one.
        evidence: Up to 64 bytes found at ``byte_offset``.
        measurements: What was measured before the refusal.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        byte_offset: int | None = None,
        frame: int | None = None,
        evidence: bytes = b"",
        measurements: Mapping[str, object] | None = None,
    ) -> None:
        self.measurements = measurements or {}
        self.reason = reason
        self.detail = detail
        self.byte_offset = byte_offset
        self.frame = frame
        self.evidence = evidence[:64]
        super().__init__(f"{reason}: {detail}")

    def __reduce__(self) -> tuple[Callable[..., "Refused"], tuple[str, str]]:
        """How to pickle it: workers elsewhere send it back."""
        names = ("byte_offset", "frame", "evidence", "measurements")
        given = {name: getattr(self, name) for name in names}
        return partial(type(self), **given), (self.reason, self.detail)


class ArchiveRefused(Refused):
    """The file is not a complete, safe zip archive."""


class RecordingRefused(Refused):
    """No recorder or layout can read the recording's bytes."""


class StageError(DataflowHealthError):
    """A stage cannot work at all: its step fails and is retried."""


class SourceUnreachable(StageError):
    """The archive source does not respond, so nothing can be downloaded."""


class StorageError(StageError):
    """The landing folder or the lake cannot be read or written."""


class DatabaseError(StageError):
    """The ledger or the results database does not respond."""


class SparkError(StageError):
    """Spark cannot start, or its job failed."""


class SandboxError(StageError):
    """No child process to open untrusted bytes in can be started, or a person ended it."""


class ApiError(DataflowHealthError):
    """The API does not respond or rejected the request; carries the API's message."""


class ApiUnreachable(ApiError):
    """The API does not respond, or cannot serve requests now: trying again later may succeed."""


class SystemUnavailable(DataflowHealthError):
    """Another program does not answer as its API promises; carries what it said instead."""


class RendererMissing(DataflowHealthError):
    """The extra ``svg`` is not installed; Mermaid text is available without it."""


class NotFound(DataflowHealthError):
    """A name given by the user does not exist; the message suggests similar names."""


class NotAllowed(DataflowHealthError):
    """The requested action is not possible in the current state; the message says what is."""
