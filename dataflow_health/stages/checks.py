"""What each stage asserts about a day, answered from the ledger alone.

Dagster's asset checks, the API and the command line all call :func:`check`; none of them judges on
its own. Names are those declared in ``config/processes/<stage>.yaml``.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, func, select

from dataflow_health.config.load import Catalogue
from dataflow_health.errors import SourceUnreachable
from dataflow_health.health.observation import Card, Observation
from dataflow_health.storage import ledger, source, tables
from dataflow_health.storage.lake import Lake
from dataflow_health.storage.ledger import Row

CARDS_TOLD = 20
"""Cards kept with one answer; the detail tells how many there are in all."""
RATIO_BAND = (0.01, 0.60)
"""Parquet to recorder bytes. ARINC 717 with noise takes 0.15 to 0.3 of the packed words; a steady
recorder less, and text logs up to a half. Outside it the recorder or the coding changed."""
RATE_FACTOR = 10.0
"""A day with this many times the findings per recording of all days before is unusual."""
RATE_RECORDINGS = 20
"""Recordings before the usual rate means anything."""


@dataclass(frozen=True, slots=True)
class Promises:
    """What the operator asks of the pipeline.

    Attributes:
        source_url: Where archives come from.
        silent_after: A known aircraft not heard from for this long is reported.
        late_after: Landing to SQL slower than this is reported.
        disk_free_share: Less free space than this share is reported.
    """

    source_url: str
    silent_after: timedelta
    late_after: timedelta
    disk_free_share: float


@dataclass(frozen=True, slots=True)
class Day:
    """What a check may look at: one stage on one day.

    Attributes:
        engine: The ledger's.
        lake: The files.
        promises: The operator's.
        stage: The stage.
        day: Arrival day.
        now: The moment.
        passages: The stage's rows of the day.
    """

    engine: Engine
    lake: Lake
    promises: Promises
    stage: str
    day: str
    now: datetime
    passages: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check found.

    Attributes:
        passed: Whether it holds.
        detail: The measured value inside the condition.
        cards: Evidence.
        mild: True when nothing worse than a warning was found, whatever the check's severity.
    """

    passed: bool
    detail: str
    cards: tuple[Card, ...] = ()
    mild: bool = False


Question = Callable[[Day], Answer]


def check(
    catalogue: Catalogue,
    engine: Engine,
    lake: Lake,
    promises: Promises,
    stage: str,
    day: str,
    now: datetime,
    names: Sequence[str] | None = None,
) -> tuple[Observation, ...]:
    """Answers a stage's checks about a day.

    Args:
        catalogue: Declares which checks the stage has, and how severe each is.
        engine: The ledger's.
        lake: The files.
        promises: The operator's.
        stage: The stage.
        day: Arrival day.
        now: The moment.
        names: Checks to keep to; all when not given.
    """
    seen = Day(engine, lake, promises, stage, day, now, ledger.passages(engine, stage, day))
    declared = [c for c in catalogue.processes[stage].checks if c.kind == "asset_check"]
    return tuple(
        _observation(seen, each.name, each.severity, QUESTIONS[stage, each.name](seen))
        for each in declared
        if (names is None or each.name in names) and (stage, each.name) in QUESTIONS
    )


def _observation(day: Day, name: str, severity: str, answer: Answer) -> Observation:
    return Observation.model_validate(
        {
            "process": day.stage,
            "check": name,
            "outcome": "passed" if answer.passed else "failed",
            "severity": "warning" if answer.mild else severity,
            "at": day.now,
            "arrival_day": date.fromisoformat(day.day),
            "detail": answer.detail,
            "cards": answer.cards[:CARDS_TOLD],
        }
    )


def card(stage: str, row: Row, *, expected: str = "", found: str = "", reason: str = "") -> Card:
    """Why one archive or recording is red."""
    thing = row.get("recording_id") or row.get("archive_id") or ""
    return Card(
        stage=stage,
        reason=reason or row["reason"] or "",
        tail=row.get("tail") or "",
        archive=row.get("name") or (row.get("archive_id") or "")[:12],
        member=row.get("member") or "",
        recording_id=thing,
        byte_offset=row["byte_offset"],
        frame=row["frame"],
        expected=expected,
        found=found or row["detail"] or "",
        hex=row["evidence"].hex(" ") if row["evidence"] else "",
        first_seen_at=row["finished_at"],
        command=f"dataflow-health quarantine replay {thing[:12]}",
    )


def _refused(*reasons: str, others: bool = False) -> Question:
    """Fails for what is in quarantine for a reason; ``others`` takes what no check names."""

    def question(day: Day) -> Answer:
        rows = [
            row
            for row in day.passages
            if row["state"] == "quarantined"
            and (row["reason"] in reasons or (others and row["reason"] not in _NAMED[day.stage]))
        ]
        told = ", ".join(sorted({row["reason"] for row in rows}))
        detail = f"quarantined ({len(rows)}{': ' + told if told else ''}) must be 0"
        return Answer(not rows, detail, tuple(card(day.stage, row) for row in rows))

    return question


def _remarked(*checks: str, refusals: Sequence[str] = (), others: bool = False) -> Question:
    """Fails for refusals, and for what parse remarked about recordings that it took."""
    in_quarantine = _refused(*refusals, others=others)

    def question(day: Day) -> Answer:
        refused = in_quarantine(day)
        remarks = [
            (row, remark)
            for row in day.passages
            for remark in (row["facts"] or {}).get("remarks", [])
            if row["state"] == "done" and remark["check"] in checks
        ]
        cards = [*refused.cards, *(_remark_card(day.stage, *each) for each in remarks)]
        recordings = {each.recording_id for each in cards}
        mild = refused.passed and all(each["severity"] == "warning" for _, each in remarks)
        told = ", ".join(sorted({each.reason for each in cards}))
        detail = f"recordings ({len(recordings)}{': ' + told if told else ''}) must be 0"
        return Answer(not cards, detail, tuple(cards), mild)

    return question


def _remark_card(stage: str, row: Row, remark: Mapping[str, str | None]) -> Card:
    found = f"{remark['parameter'] or ''} {remark['detail']}".strip()
    return card(stage, row, reason=remark["check"] or "", found=found)


def _conservation(day: Day) -> Answer:
    accounts = ledger.accounts(day.engine, day.day)
    account = next((a for a in accounts if a.stage == day.stage), None)
    if account is None:
        return Answer(True, "in (0) = done (0)")
    detail = (
        f"in ({account.incoming}) = done ({account.done}) + quarantined ({account.quarantined}) "
        f"+ written off ({account.written_off}) + in flight ({account.in_flight}) "
        f"+ duplicate ({account.duplicate})"
    )
    return Answer(account.balances, detail)


def _source_reachable(day: Day) -> Answer:
    try:
        offered = source.offers(day.promises.source_url)
    except SourceUnreachable as error:
        return Answer(False, str(error))
    return Answer(True, f"{source.masked(day.promises.source_url)} lists {len(offered)} archives")


def _disk_headroom(day: Day) -> Answer:
    root = day.lake.local
    if root is None:
        return Answer(True, "the lake is not on this machine's disks")
    root.mkdir(parents=True, exist_ok=True)
    usage = shutil.disk_usage(root)
    share = usage.free / usage.total
    return Answer(
        share >= day.promises.disk_free_share,
        f"free ({share:.1%}) >= {day.promises.disk_free_share:.0%}",
    )


def _aircraft_heard_from(day: Day) -> Answer:
    table = tables.recording
    newest = select(table.c.tail, func.max(table.c.arrived_at).label("at")).group_by(table.c.tail)
    silent = [
        row
        for row in ledger.rows(day.engine, newest)
        if day.now - row["at"] > day.promises.silent_after
    ]
    cards = tuple(
        Card(
            stage=day.stage,
            reason="aircraft_silent",
            tail=row["tail"],
            expected=f"an archive within {day.promises.silent_after}",
            found=f"last one at {row['at']:%Y-%m-%d %H:%M}Z",
        )
        for row in silent
    )
    return Answer(not silent, f"silent aircraft ({len(silent)}) must be 0", cards)


def _ratio_in_band(day: Day) -> Answer:
    low, high = RATIO_BAND
    done = [row for row in day.passages if row["state"] == "done"]
    odd = [row for row in done if not low <= row["facts"]["ratio"] <= high]
    ratios = [row["facts"]["ratio"] for row in done]
    span = f"{min(ratios):.3f}..{max(ratios):.3f}" if ratios else "none"
    expected = f"{low} to {high}"
    cards = tuple(
        card(day.stage, r, reason="ratio", expected=expected, found=f"{r['facts']['ratio']:.3f}")
        for r in odd
    )
    return Answer(not odd, f"{low} <= ratio ({span}) <= {high}", cards)


def _rows_equal(before: str) -> Question:
    """Every recording has as many rows here as the stage before gave it."""

    def question(day: Day) -> Answer:
        given = {
            r["recording_id"]: r["rows_out"]
            for r in ledger.passages(day.engine, before, day.day, ["done"])
        }
        done = [row for row in day.passages if row["state"] == "done"]
        odd = [row for row in done if row["rows_out"] != given.get(row["recording_id"])]
        cards = tuple(
            card(
                day.stage,
                row,
                reason="rows_differ",
                expected=f"{given.get(row['recording_id'])} rows",
                found=f"{row['rows_out']} rows",
            )
            for row in odd
        )
        refusals = _refused("tsv_differs", "rows_not_conserved")(day)
        total = sum(row["rows_out"] for row in done)
        detail = f"rows ({total}) = {before}'s, recordings that differ ({len(odd)}) must be 0"
        return Answer(not odd and refusals.passed, detail, cards + refusals.cards)

    return question


def _nulls_conserved(day: Day) -> Answer:
    done = [row for row in day.passages if row["state"] == "done"]
    odd = [row for row in done if row["facts"]["nulls"] != row["facts"]["stored_nulls"]]
    nulls = sum(row["facts"]["nulls"] for row in done)
    cards = tuple(card(day.stage, row, reason="nulls_differ") for row in odd)
    return Answer(
        not odd, f"nulls ({nulls}) = store's, recordings that differ ({len(odd)}) must be 0", cards
    )


def _every_recording_answered(day: Day) -> Answer:
    failed = [
        (row, name)
        for row in day.passages
        for name in (row["facts"] or {}).get("failed", [])
        if row["state"] in {"done", "waiting"}
    ]
    waiting = [row for row in day.passages if row["state"] in ledger.UNFINISHED]
    cards = tuple(
        card(day.stage, row, reason="algorithm_failed", found=name) for row, name in failed
    )
    cards += tuple(card(day.stage, row, reason="not_answered") for row in waiting)
    detail = f"unanswered ({len(waiting)}) and failed answers ({len(failed)}) must be 0"
    return Answer(not failed and not waiting, detail, cards)


def _finding_rate_in_band(day: Day) -> Answer:
    table = tables.algorithm_run
    rate = select(
        func.count(table.c.recording_id.distinct()).label("recordings"),
        func.coalesce(func.sum(table.c.findings), 0).label("findings"),
    ).where(table.c.arrival_day < day.day)
    past = ledger.rows(day.engine, rate)[0]
    done = [row for row in day.passages if row["state"] == "done"]
    found = sum(row["facts"]["findings"] for row in done)
    if past["recordings"] < RATE_RECORDINGS or not done:
        return Answer(True, f"{found} findings in {len(done)} recordings; too few days to compare")
    usual = max(past["findings"] / past["recordings"], 1 / past["recordings"])
    here = found / len(done)
    detail = f"findings per recording ({here:.2f}) <= {RATE_FACTOR:g} times the usual {usual:.2f}"
    return Answer(here <= RATE_FACTOR * usual, detail)


def _rows_landed(day: Day) -> Answer:
    table = tables.algorithm_run
    landed = (
        select(
            table.c.recording_id,
            func.count().label("runs"),
            func.sum(table.c.findings).label("told"),
        )
        .where(table.c.arrival_day == day.day)
        .group_by(table.c.recording_id)
    )
    runs = {row["recording_id"]: row for row in ledger.rows(day.engine, landed)}
    finding = tables.finding
    counted = (
        select(finding.c.recording_id, func.count().label("n"))
        .join(tables.recording, tables.recording.c.id == finding.c.recording_id)
        .where(tables.recording.c.arrival_day == day.day)
        .group_by(finding.c.recording_id)
    )
    found = {row["recording_id"]: row["n"] for row in ledger.rows(day.engine, counted)}
    made = ledger.passages(day.engine, "analyse", day.day, ["done"])
    loaded = {row["recording_id"] for row in day.passages if row["state"] == "done"}
    odd = [
        row
        for row in made
        if row["recording_id"] in loaded
        and (
            found.get(row["recording_id"], 0) != row["facts"]["findings"]
            or runs.get(row["recording_id"], {"runs": 0})["runs"] != row["rows_out"]
        )
    ]
    cards = tuple(
        card(
            day.stage,
            row,
            reason="rows_differ",
            expected=f"{row['facts']['findings']} findings",
            found=f"{found.get(row['recording_id'], 0)} rows",
        )
        for row in odd
    )
    detail = (
        f"findings landed ({sum(found.values())}), recordings that differ ({len(odd)}) must be 0"
    )
    return Answer(not odd, detail, cards)


def _upload_times_present(day: Day) -> Answer:
    table = tables.algorithm_run
    missing = select(func.count().label("n")).where(
        table.c.arrival_day == day.day, table.c.uploaded_at.is_(None)
    )
    count = ledger.rows(day.engine, missing)[0]["n"]
    return Answer(count == 0, f"answers without upload time ({count}) must be 0")


def _landing_to_sql_age(day: Day) -> Answer:
    """Judged for what arrived since the first download; what lay there before is history."""
    first = ledger.rows(day.engine, select(func.min(tables.archive.c.received_at).label("at")))
    since = first[0]["at"]
    slowest: dict[str, float] = {}
    for row in day.passages:
        if row["state"] == "done" and since is not None and row["arrived_at"] >= since:
            age_s = (row["facts"] or {}).get("age_s", 0.0)
            slowest[row["tail"]] = max(age_s, slowest.get(row["tail"], 0.0))
    limit_s = day.promises.late_after.total_seconds()
    late = {tail: age_s for tail, age_s in slowest.items() if age_s > limit_s}
    cards = tuple(
        Card(
            stage=day.stage,
            reason="late",
            tail=tail,
            expected=f"{limit_s:.0f} s",
            found=f"{a:.0f} s",
        )
        for tail, a in sorted(late.items())
    )
    worst_s = max(slowest.values(), default=0.0)
    return Answer(not late, f"slowest landing to SQL ({worst_s:.0f} s) <= {limit_s:.0f} s", cards)


_SYNC = (
    "no_sync", "zero_filled", "ff_filled", "wrong_frame_rate", "words_byte_swapped",
    "ambiguous_container", "foreign_header", "too_short", "frames_in_sync",
)  # fmt: skip

QUESTIONS: Mapping[tuple[str, str], Question] = {
    ("download", "source_reachable"): _source_reachable,
    ("download", "sidecar_digests_hold"): _refused("sidecar_mismatch", others=True),
    ("download", "disk_headroom"): _disk_headroom,
    ("download", "aircraft_heard_from"): _aircraft_heard_from,
    ("extract", "archives_readable"): _refused(others=True),
    ("extract", "archives_held_a_recording"): _refused("no_recording", "empty_archive"),
    ("parse", "frames_in_sync"): _remarked("frames_in_sync", refusals=_SYNC, others=True),
    ("parse", "parameters_present"): _remarked("parameters_present", refusals=("unknown_layout",)),
    ("parse", "values_in_range"): _remarked("values_in_range", refusals=("values_in_range",)),
    ("parse", "clock_consistent"): _remarked(
        "clock_consistent", refusals=("clock_consistent", "tail_mismatch")
    ),
    ("parse", "duration_plausible"): _remarked("duration_plausible"),
    ("parse", "parameters_live"): _remarked("parameters_live"),
    ("compress", "read_back_exact"): _refused("not_bit_exact", others=True),
    ("compress", "ratio_in_band"): _ratio_in_band,
    ("store", "rows_equal_parse"): _rows_equal("parse"),
    ("store", "files_open"): _refused("tsv_unreadable", others=True),
    ("ingest", "rows_conserved"): _rows_equal("store"),
    ("ingest", "nulls_conserved"): _nulls_conserved,
    ("analyse", "every_recording_answered"): _every_recording_answered,
    ("analyse", "finding_rate_in_band"): _finding_rate_in_band,
    ("load", "rows_landed"): _rows_landed,
    ("load", "upload_times_present"): _upload_times_present,
    ("load", "landing_to_sql_age"): _landing_to_sql_age,
} | {
    (stage, "conservation"): _conservation
    for stage in ("download", "extract", "parse", "compress", "store", "ingest", "analyse", "load")
}
"""Which question each declared check asks."""

_NAMED: Mapping[str, frozenset[str]] = {
    "download": frozenset(),
    "extract": frozenset({"no_recording", "empty_archive"}),
    "parse": frozenset({"unknown_layout", "values_in_range", "clock_consistent", "tail_mismatch"}),
    "compress": frozenset(),
    "store": frozenset({"tsv_differs"}),
    "ingest": frozenset({"rows_not_conserved"}),
    "analyse": frozenset(),
    "load": frozenset(),
}
"""Reasons that a check other than the stage's catch-all names."""
