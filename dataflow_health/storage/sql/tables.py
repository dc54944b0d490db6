"""The SQL tables: the ledger, its records, and the results of the algorithms.

``migrations/versions`` creates them; a test compares the two.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    column,
    literal_column,
)

from dataflow_health.health.check_status import FAILING_OUTCOMES
from dataflow_health.storage.sql import (
    count_triggers,
    day_count_triggers,
    observation_triggers,
    partitions,
    views,
)
from dataflow_health.storage.sql.column_types import (
    ArrivalDay,
    BigCount,
    Digest,
    Month,
    UtcDateTime,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def _stage_columns() -> list[Column[Any]]:
    """Columns of one archive or recording at one stage."""
    return [
        Column("arrival_day", ArrivalDay, nullable=False),
        Column(
            "state",
            String(12),
            nullable=False,
            comment="waiting, running, done, quarantined or written_off",
        ),
        Column("queued_at", UtcDateTime, comment="When it was last put before the stage"),
        Column("reason", String(64), comment="Reason code of the last refusal"),
        Column("detail", Text, comment="Explanation of the last refusal"),
        Column("byte_offset", BigCount, comment="Offset of the fault in the original bytes"),
        Column("frame", BigCount, comment="Frame number of the fault"),
        Column("evidence", LargeBinary, comment="Original bytes at the fault"),
        Column("bytes_in", BigCount),
        Column("bytes_out", BigCount),
        Column("rows_in", BigCount),
        Column("rows_out", BigCount),
        Column("output_path", Text, comment="Path of the output in the lake"),
        Column("output_digest", Digest, comment="SHA-256 of the output or of its inputs"),
        Column(
            "file_digest",
            Digest,
            comment="SHA-256 of the file at output_path, where several recordings share it",
        ),
        Column("file_removed_at", UtcDateTime, comment="When retention removed its file"),
        Column("code_version", String(64), comment="Version of the code and configuration"),
        Column(
            "measurements",
            JSON,
            nullable=False,
            default=dict,
            comment="Values that the stage measured for its checks",
        ),
        Column("run_id", String(64), comment="Last run that processed it"),
        Column(
            "attempts",
            Integer,
            nullable=False,
            default=0,
            comment="Runs that started on it since an operator last put it back",
        ),
        Column("started_at", UtcDateTime),
        Column("finished_at", UtcDateTime),
    ]


def _unfinished_index(table: str, key: str) -> Index:
    """Index of what waits or runs: a few rows, however long the history is."""
    unfinished = column("state", String).in_(("waiting", "running"))
    return Index(
        f"ix_{table}_unfinished",
        "arrival_day",
        "stage",
        key,
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )


_failing = column("outcome", String).in_(FAILING_OUTCOMES)
"""Index condition of failed check results, which are few."""

_judged = column("state", String) != literal_column("'new'")
"""Index condition of judged findings, which are few."""

_named = column("named_tail", String).is_not(None)
"""Index condition of recordings whose archive names another aircraft, which are few."""

archive = Table(
    "archive",
    metadata,
    Column("id", Digest, primary_key=True, comment="SHA-256 of its bytes"),
    Column("name", Text, nullable=False, comment="File name"),
    Column("source", Text, nullable=False, comment="URL it was downloaded from, password masked"),
    Column("size_bytes", BigCount, nullable=False),
    Column("arrival_day", ArrivalDay, nullable=False, index=True),
    Column("arrived_at", UtcDateTime, nullable=False, comment="When it was written at the source"),
    Column("received_at", UtcDateTime, nullable=False, comment="When it was downloaded"),
    Column("received_by", String(128), nullable=False, comment="Operating system user"),
    Column("path", Text, nullable=False, comment="Path of its bytes in the lake"),
    comment="Distinct archives",
)

arrival = Table(
    "arrival",
    metadata,
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="Path below the source's root"),
    Column("archive_id", Digest, primary_key=True),
    Column("size_bytes", BigCount, nullable=False),
    Column("modified_at", UtcDateTime, nullable=False, comment="Modification time at the source"),
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("arrival_day", ArrivalDay, nullable=False),
    Column("outcome", String(12), nullable=False, comment="accepted or duplicate"),
    Column("seen_at", UtcDateTime, nullable=False, comment="When download found it"),
    Index(None, "arrival_day", "outcome"),
    comment="Files at the source: every name under which an archive arrived",
)

landing_entry = Table(
    "landing_entry",
    metadata,
    Column("source", Text, primary_key=True),
    Column("name", Text, primary_key=True, comment="Path below the source's root"),
    Column("size_bytes", BigCount, nullable=False),
    Column("modified_at", UtcDateTime, nullable=False, comment="Modification time at the source"),
    Column("first_seen_at", UtcDateTime, nullable=False, comment="Unchanged here since then"),
    Column(
        "reason", String(64), comment="Reason code why it is not taken; empty for one that is to be"
    ),
    Column("detail", Text, comment="Explanation of the reason"),
    comment="Entries at the source that are not taken",
)

archive_stage = Table(
    "archive_stage",
    metadata,
    Column("archive_id", Digest, primary_key=True),
    Column("stage", String(16), primary_key=True, comment="download or extract"),
    *_stage_columns(),
    Index(None, "stage", "arrival_day", "state", "finished_at"),
    _unfinished_index("archive_stage", "archive_id"),
    comment="State of every archive at the stages download and extract",
)

member = Table(
    "member",
    metadata,
    Column("archive_id", Digest, primary_key=True),
    Column("path", Text, primary_key=True, comment="Path inside the archive"),
    Column("arrival_day", ArrivalDay, nullable=False),
    Column("outcome", String(12), nullable=False, comment="recording, duplicate, refused or other"),
    Column("recording_id", Digest, index=True),
    Column("size_bytes", BigCount, nullable=False),
    Column("detail", Text, comment="Explanation of a refusal"),
    Index(None, "arrival_day", "outcome"),
    comment="Files inside the archives",
)

recording = Table(
    "recording",
    metadata,
    Column("id", Digest, primary_key=True, comment="SHA-256 of its bytes"),
    Column("archive_id", Digest, nullable=False, index=True),
    Column("member", Text, nullable=False, comment="Path inside the archive"),
    Column("recorder", String(64), nullable=False, comment="Recorder kind"),
    Column("layout", String(128), comment="Layout of the frames"),
    Column("tail", String(32), nullable=False, comment="Aircraft"),
    Column("named_tail", String(32), comment="Aircraft by the archive's name, if another one"),
    Column("named_started_at", UtcDateTime, comment="Start by the file's name"),
    Column("size_bytes", BigCount, nullable=False),
    Column("arrival_day", ArrivalDay, nullable=False, index=True),
    Column("arrived_at", UtcDateTime, nullable=False),
    Index(None, "tail", "arrived_at"),
    Index("ix_recording_named", "named_tail", sqlite_where=_named, postgresql_where=_named),
    comment="Distinct recordings",
)

recording_stage = Table(
    "recording_stage",
    metadata,
    Column("recording_id", Digest, primary_key=True),
    Column("stage", String(16), primary_key=True, comment="parse to load"),
    *_stage_columns(),
    Index(None, "stage", "arrival_day", "state", "finished_at"),
    _unfinished_index("recording_stage", "recording_id"),
    Index(None, "stage", "state", "code_version", "arrival_day", "finished_at"),
    comment="State of every recording at the stages parse to load",
)

day_count = Table(
    "day_count",
    metadata,
    Column("arrival_day", ArrivalDay, primary_key=True),
    Column(
        "step", String(16), primary_key=True, comment="A stage, arrival, member or algorithm_run"
    ),
    Column("state", String(16), primary_key=True, comment="State or outcome of the rows"),
    Column("number", Integer, nullable=False, comment="Number of rows; 0 when there are none now"),
    Column("finished_at", UtcDateTime, comment="Newest end of processing among the rows"),
    Column(
        "changed",
        BigCount,
        nullable=False,
        index=True,
        comment="Number of the transaction that changed it; readers continue from there",
    ),
    Index(
        "ix_day_count_present",
        "state",
        "step",
        "arrival_day",
        "number",
        sqlite_where=column("number") > literal_column("0"),
        postgresql_where=column("number") > literal_column("0"),
    ),
    comment="Rows of the ledger by arrival day, stage and state; triggers keep it",
)

aircraft_count = Table(
    "aircraft_count",
    metadata,
    Column("tail", String(32), primary_key=True, comment="Aircraft"),
    Column("number", Integer, nullable=False, comment="Recordings; 0 when there are none now"),
    comment="Recordings by aircraft; triggers keep it",
)

observation = Table(
    "observation",
    metadata,
    Column("process", String(64), primary_key=True),
    Column("check_name", String(128), primary_key=True),
    Column("part", String(128), primary_key=True, comment="Part of the process, or empty"),
    Column(
        "arrival_day",
        ArrivalDay,
        primary_key=True,
        index=True,
        comment="Empty for no particular day",
    ),
    Column("outcome", String(12), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("detail", Text, nullable=False, comment="Measured value and limit"),
    Column("evidence", JSON, nullable=False),
    Column("since_at", UtcDateTime, nullable=False, comment="First result with this outcome"),
    Column("observed_at", UtcDateTime, nullable=False, index=True),
    Column("link", Text, nullable=False),
    Column("run_id", String(64)),
    Column(
        "changed",
        BigCount,
        nullable=False,
        index=True,
        comment="Number of the transaction that saved it; readers continue from there",
    ),
    Index(
        "ix_observation_failing",
        "check_name",
        "process",
        "arrival_day",
        sqlite_where=_failing,
        postgresql_where=_failing,
    ),
    comment="Newest result of every check",
)

settled_history = Table(
    "settled_history",
    metadata,
    Column("declared", Digest, primary_key=True, comment="Digest of the declared checks"),
    Column("saved_at", UtcDateTime, nullable=False, comment="When it was saved"),
    Column("database", String(64), nullable=False, comment="Server whose changes are numbered"),
    Column("document", Text, nullable=False, comment="Sums of settled days, and what is open"),
    comment="Sums of settled arrival days, from which a new process continues; may be emptied",
)

status_change = Table(
    "status_change",
    metadata,
    Column("id", BigCount, primary_key=True, autoincrement=True),
    Column("process", String(64), nullable=False),
    Column("from_status", String(12), nullable=False, comment="Empty for a new process"),
    Column("to_status", String(12), nullable=False, comment="Empty for a removed process"),
    Column("reason", Text, nullable=False),
    Column(
        "fingerprint",
        String(16),
        nullable=False,
        comment="Hash of status and causes; a row is also written when only causes change",
    ),
    Column("health", JSON, nullable=False, comment="Health of the process as reported"),
    Column("at", UtcDateTime, nullable=False, index=True),
    Index(None, "process", "at"),
    comment="History of process status; rows are never changed",
    sqlite_autoincrement=True,
)

status_day = Table(
    "status_day",
    metadata,
    Column("day", String(10), primary_key=True, comment="UTC day, as 2026-11-20"),
    Column("process", String(64), primary_key=True),
    Column("status", String(12), primary_key=True, comment="Status in capitals"),
    Column("seconds", Float(53), nullable=False, comment="Seconds of that day in this status"),
    comment="Seconds of each process in each status by day; time that no row has was not watched",
)

incident = Table(
    "incident",
    metadata,
    Column("id", BigCount, primary_key=True, autoincrement=True),
    Column("fingerprint", String(64), nullable=False, comment="Hash of process, check and cause"),
    Column("process", String(64), nullable=False),
    Column("check_name", String(128), nullable=False),
    Column("cause", Text, nullable=False),
    Column("severity", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("flapping", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("max_failures", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False, index=True),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime, index=True),
    Column("document", JSON, nullable=False, comment="The whole incident"),
    Index(
        "uq_incident_one_open",
        "fingerprint",
        unique=True,
        sqlite_where=column("closed_at").is_(None),
        postgresql_where=column("closed_at").is_(None),
    ),
    comment="Incidents; at most one with the same fingerprint is open",
    sqlite_autoincrement=True,
)

streak = Table(
    "streak",
    metadata,
    Column("fingerprint", String(64), primary_key=True, comment="That of the incident"),
    Column("document", JSON, nullable=False),
    comment="Failures and passes in a row of every cause, from which incidents open and close",
)

delivery = Table(
    "delivery",
    metadata,
    Column("incident_id", BigCount, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("sequence", Integer, primary_key=True, comment="Number among its kind, for reminders"),
    Column("channel", String(128), primary_key=True),
    Column("rule", String(64), nullable=False, comment="Alert rule that asked for it"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False, comment="Error of the last attempt"),
    Column("outcome", String(8), nullable=False, index=True, comment="due, sent or dropped"),
    Column("settled_at", UtcDateTime, index=True, comment="When it was sent or dropped"),
    Column("batch", Integer, nullable=False, comment="Message of its alert cycle it went out in"),
    comment="Messages about incidents to channels",
)

algorithm_run = Table(
    "algorithm_run",
    metadata,
    Column("recording_id", Digest, primary_key=True),
    Column("algorithm", String(128), primary_key=True),
    Column("version", String(64), nullable=False, comment="Version of the algorithm"),
    Column("parser_version", String(64), nullable=False),
    Column("tail", String(32), nullable=False, comment="Aircraft"),
    Column("arrival_day", ArrivalDay, primary_key=True, index=True),
    Column("outcome", String(16), nullable=False, comment="found, clear, not_applicable, failed"),
    Column("reason", Text, nullable=False, comment="Reason for the outcome"),
    Column("findings", Integer, nullable=False, comment="Number of findings"),
    Column("uploaded_at", UtcDateTime, nullable=False, index=True),
    Index(
        "ix_algorithm_run_found",
        "algorithm",
        "version",
        sqlite_where=column("findings") > literal_column("0"),
        postgresql_where=column("findings") > literal_column("0"),
    ),
    postgresql_partition_by="RANGE (arrival_day)",
    comment="Result of every algorithm on every recording",
)

finding = Table(
    "finding",
    metadata,
    Column("recording_id", Digest, primary_key=True),
    Column("algorithm", String(128), primary_key=True),
    Column("number", Integer, primary_key=True, comment="Position among the run's findings"),
    Column("tail", String(32), nullable=False, comment="Aircraft"),
    Column("arrival_day", ArrivalDay, primary_key=True),
    Column("severity", String(16), nullable=False),
    Column("start_s", Float(53), nullable=False, comment="Seconds since the recording's start"),
    Column("end_s", Float(53), nullable=False, comment="Seconds since the recording's start"),
    Column("start_at", UtcDateTime, comment="Start in UTC, if the recording's start is known"),
    Column("peak", Float(53), comment="Worst value"),
    Column("peak_at_s", Float(53), comment="Seconds since the recording's start"),
    Column("detail", Text, nullable=False),
    Column(
        "state",
        String(16),
        nullable=False,
        server_default="new",
        comment="new, confirmed or dismissed, as people judged it",
    ),
    Index(None, "start_at"),
    Index(None, "tail", "start_at"),
    Index(None, "tail", "algorithm", "start_at"),
    Index(None, "tail", "severity", "start_at"),
    Index(None, "algorithm", "start_at"),
    Index(None, "severity", "start_at"),
    Index(
        "ix_finding_judged",
        *("state", "start_at", "tail", "algorithm", "severity"),
        sqlite_where=_judged,
        postgresql_where=_judged,
    ),
    postgresql_partition_by="RANGE (arrival_day)",
    comment="Events that algorithms found in recordings",
)

finding_count = Table(
    "finding_count",
    metadata,
    Column("month", Month, primary_key=True, comment="UTC month of the start; empty if unknown"),
    Column("algorithm", String(128), primary_key=True),
    Column("tail", String(32), primary_key=True, comment="Aircraft"),
    Column("severity", String(16), primary_key=True),
    Column("number", Integer, nullable=False, comment="Findings; 0 when there are none now"),
    Index(None, "tail", "month", "algorithm", "severity", "number"),
    Index(None, "algorithm", "month", "tail", "severity", "number"),
    comment="Number of findings by month, kept in the transaction that loads results",
)

analysed_flight = Table(
    "analysed_flight",
    metadata,
    Column("recording_id", Digest, primary_key=True),
    Column("tail", String(32), nullable=False, comment="Aircraft"),
    Column("month", Month, nullable=False, comment="UTC month of the start; empty if unknown"),
    Column("flown_s", Float(53), nullable=False, comment="Seconds in the air"),
    Index(None, "month", "tail", "flown_s"),
    Index(None, "tail", "month", "flown_s"),
    comment="Recordings whose results are loaded, with their time in the air",
)

finding_triage = Table(
    "finding_triage",
    metadata,
    Column("recording_id", Digest, primary_key=True),
    Column("algorithm", String(128), primary_key=True),
    Column("start_s", Float(53), primary_key=True, comment="Start of the event that was judged"),
    Column("detail", Text, primary_key=True, comment="Its detail: two may begin at once"),
    Column(
        "severity",
        String(16),
        nullable=False,
        comment="Severity that was judged, so that the judgement ends when it is another",
    ),
    Column("state", String(16), nullable=False, index=True, comment="confirmed or dismissed"),
    Column("reason", Text, nullable=False, comment="Reason in the operator's words"),
    Column("operator", String(128), nullable=False, comment="Name of a person or API key"),
    Column("judged_at", UtcDateTime, nullable=False),
    comment="What people judged of findings; a finding without a row is new",
)

annotation = Table(
    "annotation",
    metadata,
    Column("id", BigCount, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False, comment="recording, finding, process or incident"),
    Column("recording_id", Digest, index=True, comment="Of a recording or a finding"),
    Column("algorithm", String(128), comment="Of a finding"),
    Column(
        "start_s",
        Float(53),
        comment="Seconds since the recording's start; empty for the whole recording. With the "
        "algorithm it names a finding, so that an annotation outlives the finding's number",
    ),
    Column("end_s", Float(53), comment="End of a range; empty for one second"),
    Column("process", String(64), index=True, comment="Of a process"),
    Column("incident_id", BigCount, index=True, comment="Of an incident"),
    Column("text", Text, nullable=False, comment="Plain text"),
    Column("author", String(128), nullable=False, comment="Name of a person or API key"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("edited_at", UtcDateTime, comment="Last change of the text; empty for none"),
    comment="What people wrote about recordings, findings, processes and incidents; only people "
    "change it",
    sqlite_autoincrement=True,
)

finding_rule = Table(
    "finding_rule",
    metadata,
    Column("rule", String(64), primary_key=True),
    Column("started_at", UtcDateTime, nullable=False, comment="Earlier findings are no news"),
    Column("planned_until_at", UtcDateTime, nullable=False, comment="Uploads looked at so far"),
    comment="Alert rules that select findings",
)

finding_message = Table(
    "finding_message",
    metadata,
    Column("rule", String(64), primary_key=True),
    Column("recording_id", Digest, primary_key=True),
    Column("algorithm", String(128), primary_key=True),
    Column("tail", String(32), nullable=False, comment="Aircraft"),
    Column("message", Integer, nullable=False, index=True, comment="Sequence of its delivery"),
    comment="Findings that a message was planned about: no other one will be",
)

declared_algorithm = Table(
    "declared_algorithm",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("version", String(64), nullable=False, comment="Version of its meaning"),
    Column("declared_at", UtcDateTime, nullable=False, comment="When this version was first seen"),
    Column("earlier_version", String(64), comment="The one before; empty for the first"),
    Column("earlier_declared_at", UtcDateTime, comment="When that one was first seen"),
    comment="Algorithms that the YAML files declare: every analysed recording needs their answers",
)

declared_version = Table(
    "declared_version",
    metadata,
    Column("stage", String(16), primary_key=True),
    Column("recorder", String(128), primary_key=True),
    Column("layout", String(128), primary_key=True, comment="Empty for a recorder without one"),
    Column("version", String(64), nullable=False, comment="Code version of the stage"),
    Column("declared_at", UtcDateTime, nullable=False, comment="When this version was first seen"),
    Column("earlier_version", String(64), comment="The one before; empty for the first"),
    Column("earlier_declared_at", UtcDateTime, comment="When that one was first seen"),
    comment="Versions with which parse and store would process a recording now",
)

recorded_format = Table(
    "recorded_format",
    metadata,
    Column("digest", String(16), primary_key=True, comment="Digest of the parameters"),
    Column(
        "parameters",
        JSON,
        nullable=False,
        comment="Rate, unit, lowest and highest value of each parameter with a sample",
    ),
    comment="Formats of recordings, each once; measurements of store name them by their digest",
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigCount, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("operator", String(128), nullable=False, comment="Name of a person or API key"),
    Column("origin", String(128), nullable=False, comment="For example cli@host"),
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False, comment="What the action was applied to"),
    Column("reason", Text, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Column(
        "chain_hash", String(64), nullable=False, comment="SHA-256 of the row and the hash before"
    ),
    Index(None, "subject", postgresql_using="hash"),  # a tree refuses texts of over 2,704 bytes
    Index(None, "action", "id"),
    Index(None, "operator", "id"),
    comment="Actions of operators; rows are never changed",
    sqlite_autoincrement=True,
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(64), primary_key=True, comment="What one process at a time may do"),
    Column("holder", String(128), nullable=False, comment="Process that holds it"),
    Column("rank", Integer, nullable=False, comment="A higher rank takes it from a lower one"),
    Column("expires_at", UtcDateTime, nullable=False, comment="Free from then on"),
    comment="Work that one process at a time may do, until it stops renewing the lease",
)

running_step = Table(
    "running_step",
    metadata,
    Column("stage", String(16), primary_key=True),
    Column("arrival_day", ArrivalDay, primary_key=True),
    Column("run_id", String(64), nullable=False, comment="Dagster run of the step"),
    Column("host", String(255), nullable=False, comment="Machine of the step's process"),
    Column("pid", Integer, nullable=False, comment="Process of the step"),
    Column("finished", BigCount, nullable=False, comment="Items that it has finished"),
    Column("total", BigCount, nullable=False, comment="Items that it has to process"),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("moved_at", UtcDateTime, nullable=False, comment="Its last progress"),
    Column("beat_at", UtcDateTime, nullable=False, comment="Its last heartbeat"),
    Column("limit_s", Float, nullable=False, comment="Longest time without progress"),
    comment="Steps in flight, each with its progress and the last heartbeat of its process",
)

scrub_share = Table(
    "scrub_share",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("parts", Integer, nullable=False, comment="Number of shares"),
    Column("waits_since_at", UtcDateTime, nullable=False, comment="When it was last read"),
    comment="Equal shares of the lake and the results, which scrub reads one after the other",
)

scrub_damage = Table(
    "scrub_damage",
    metadata,
    Column("stage", String(16), primary_key=True),
    Column("path", String(1024), primary_key=True, comment="Path in the lake"),
    Column("item", Digest, primary_key=True, comment="Archive or recording, one of them if shared"),
    Column("arrival_day", ArrivalDay, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    comment="Files and rows that scrub found damaged; gone when they are right again",
)

outside_system = Table(
    "outside_system",
    metadata,
    Column("process", String(64), primary_key=True, comment="Name of its process"),
    Column("check", String(64), primary_key=True, comment="Name of the check that watches it"),
    Column("kind", String(64), nullable=False, comment="Kind of the check"),
    Column("asked_at", UtcDateTime, nullable=False, comment="When it was last asked"),
    Column("error", Text, nullable=False, comment="Why it could not be described then; or empty"),
    Column("described_at", UtcDateTime, comment="When it was last described"),
    Column("description", Text, comment="What it runs, as JSON"),
    comment="What other programs run, as their collectors last found it",
)

day_count_triggers.attach(metadata)
count_triggers.attach(metadata)
observation_triggers.attach(metadata)
partitions.attach(metadata)
views.attach(metadata)
