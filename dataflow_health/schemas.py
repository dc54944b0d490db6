"""What the faces answer, as models: the API sends them, the client reads them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dataflow_health.health.observation import Card
from dataflow_health.health.report import CheckHealth, HealthReport
from dataflow_health.health.status import Status


class Told(BaseModel):
    """Base of what is told: frozen, and its validator made when first needed."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class Board(HealthReport):
    """The report, and how far it can be trusted.

    Attributes:
        version: Differs when anything but the moment does.
        fault: Why the ledger could not be read; empty when it was. Then what the ledger tells is as
            it was last, or UNKNOWN.
        config_faults: What is wrong with the YAML as it lies there; the last right one is shown.
    """

    version: str = ""
    fault: str = ""
    config_faults: tuple[str, ...] = ()


class Why(Told):
    """Why one process is as it is.

    Attributes:
        process: Its name.
        status: How it is.
        since: Since when.
        reason: Why, in one line.
        checks: Those that are not HEALTHY.
        cards: The evidence, down to the byte.
        blocked_by: What it waits for.
        blocks: What waits for it.
        held_up: Recordings held up between it and those.
        commands: What puts it right, to copy into a terminal.
        links: Pages by what they show.
    """

    process: str
    status: Status
    since: AwareDatetime | None = None
    reason: str = ""
    checks: tuple[CheckHealth, ...] = ()
    cards: tuple[Card, ...] = ()
    blocked_by: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    held_up: int = 0
    commands: tuple[str, ...] = ()
    links: Mapping[str, str] = {}


class WhyAll(Told):
    """Why the whole is as it is: causes first, then what only warns."""

    at: AwareDatetime
    status: Status
    causes: tuple[Why, ...]


class Cell(Told):
    """One aircraft at one stage: how it is, and how many recordings are where."""

    stage: str
    status: Status
    done: int = 0
    quarantined: int = 0
    written_off: int = 0
    in_flight: int = 0
    last_at: AwareDatetime | None = None


class Aircraft(Told):
    """One aircraft: the worst of its stages, and when it was last heard from.

    Attributes:
        tail: Its name; empty for archives that were refused before an aircraft could be told.
        status: Worst of its cells.
        recordings: How many it ever sent.
        last_arrived_at: When the newest came.
        cells: One a stage, in order.
    """

    tail: str
    status: Status
    recordings: int = 0
    last_arrived_at: AwareDatetime | None = None
    cells: tuple[Cell, ...] = ()


class Fleet(Told):
    """Aircraft by stage, worst first.

    Attributes:
        at: The moment.
        since_day: What was done with earlier arrivals is left out; what was not, never is.
        stages: Columns.
        aircraft: Rows.
    """

    at: AwareDatetime
    since_day: date
    stages: tuple[str, ...]
    aircraft: tuple[Aircraft, ...]


class Answer(Told):
    """One row of the drill-down table: what one algorithm said of one recording, and when.

    Without an algorithm, a recording that none has answered.
    """

    recording: str
    tail: str
    arrival_day: date
    algorithm: str | None = None
    version: str | None = None
    outcome: str | None = None
    findings: int | None = None
    reason: str | None = None
    uploaded_at: AwareDatetime | None = None
    archive: str = ""
    member: str = ""
    recorder: str = ""
    layout: str | None = None
    arrived_at: AwareDatetime | None = None


class Page(Told):
    """One page of the drill-down table, and how many rows there are in all."""

    rows: tuple[Answer, ...]
    total: Annotated[int, Field(ge=0)]
    limit: int
    offset: int


class Passage(Told):
    """What became of a recording, or of its archive, at one stage."""

    stage: str
    state: str
    reason: str | None = None
    detail: str | None = None
    byte_offset: int | None = None
    frame: int | None = None
    hex: str = ""
    bytes_in: int | None = None
    bytes_out: int | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    output_path: str | None = None
    output_digest: str | None = None
    code_version: str | None = None
    run_id: str | None = None
    attempts: int = 0
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None


class Finding(Told):
    """One event that an algorithm found."""

    algorithm: str
    number: int
    severity: str
    start_s: float
    end_s: float
    start_at: AwareDatetime | None = None
    peak: float | None = None
    peak_at_s: float | None = None
    detail: str = ""


class Way(Told):
    """One recording's way from its archive to SQL.

    Attributes:
        recording: Its id.
        tail: Aircraft; ``named_tail`` is what the file's name says.
        archive: Name of the archive, ``member`` the path inside it.
        recorder: What read it, by which ``layout``.
        size_bytes: Of the recording.
        arrived_at: When the archive came.
        arrival_day: The day it counts to.
        stages: In order, as far as it came.
        outcomes: Answers by outcome.
        findings: In order of time.
        also_in: Other archives that hold the same bytes.
    """

    recording: str
    tail: str
    named_tail: str | None = None
    archive: str
    member: str
    recorder: str
    layout: str | None = None
    size_bytes: int
    arrived_at: AwareDatetime
    arrival_day: date
    stages: tuple[Passage, ...]
    outcomes: Mapping[str, int] = {}
    findings: tuple[Finding, ...] = ()
    also_in: tuple[str, ...] = ()


class Account(Told):
    """One stage's account: what came in and what became of it; ``unaccounted`` should be 0."""

    stage: str
    arrival_day: str = ""
    incoming: int = 0
    done: int = 0
    quarantined: int = 0
    written_off: int = 0
    in_flight: int = 0
    duplicate: int = 0
    unaccounted: int = 0


class Ledger(Told):
    """The accounts of all stages, for one day or all together."""

    balances: bool
    accounts: tuple[Account, ...]


class Change(Told):
    """One process whose status differs between two instants; None where it was not there."""

    process: str
    before: Status | None
    after: Status | None
    reason: str = ""


class Changes(Told):
    """Everything that differs between two instants."""

    before_at: AwareDatetime
    after_at: AwareDatetime
    changes: tuple[Change, ...]
