"""The faults of the table, each with the expected statuses, written down before any was run."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import fault_injection as inject
from benchmarks.fault_injection import Injector, land_faulty
from dataflow_health.storage.ledger.stage_order import STAGES

FULL_DISK = """\
describes: The disk under the lake.
external: true
before: [extract, parse, compress, store, ingest, analyse]
checks:
  - {kind: disk_free, path_from: DATAFLOW_HEALTH_LAKE_URL, at_least_pct: 100}
"""
"""The shipped check with a limit that no disk meets: the benchmark must not fill the disk."""

RADIO_LINK = """\
describes: The radio link to the field base.
external: true
before: [download]
checks:
  - {kind: tcp_answers, address: "127.0.0.1:9", within: PT1S}
"""

FAILING_ALGORITHM = """\
describes: An operator's algorithm that fails on every recording.
source: fails on purpose
severity: warning
kind: python
entry: benchmarks.fault_algorithm:fail
parameters: [rotor_speed_pct]
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table.

    Attributes:
        description: The fault.
        injectors: Functions that inject the fault, in order.
        failed: Processes that must be FAILED; all others must not.
        blocked: Processes that must be BLOCKED; all others must not.
        warning: Processes that must be WARNING; all others must not.
        quick: Whether the case needs neither Spark nor retries, so that it runs in the tests.
    """

    description: str
    injectors: Sequence[Injector]
    failed: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    warning: frozenset[str] = frozenset()
    quick: bool = False


def _after(stage: str) -> frozenset[str]:
    return frozenset(STAGES[STAGES.index(stage) + 1 :])


def _from(stage: str) -> frozenset[str]:
    return _after(stage) | {stage}


def _of(*names: str) -> frozenset[str]:
    return frozenset(names)


CASES = (
    Case("download: the digest of an archive differs from its sidecar file",
         [inject.land_wrong_digest], _of("download")),
    Case("download: too little disk space for the lake",
         [inject.change_settings(disk_free_share="0.99999")], _of("download")),
    Case("landing_folder: an aircraft is silent",
         [inject.change_settings(silent_after_days="0.000001")], warning=_of("landing_folder")),
    Case("extract: the upload was interrupted", [land_faulty("truncated")], _of("extract"),
         quick=True),
    Case("extract: a byte changed in transit", [land_faulty("crc_error")], _of("extract")),
    Case("extract: the zip requires a password", [land_faulty("password")], _of("extract")),
    Case("extract: an error page of a proxy instead of a zip", [land_faulty("html_page")],
         _of("extract")),
    Case("extract: no recording in the zip", [land_faulty("no_recording")], _of("extract")),
    Case("extract: a zip bomb", [land_faulty("bomb")], _of("extract")),
    Case("extract: a path out of the folder", [land_faulty("path_escape")], _of("extract")),
    Case("parse: a card of zeros", [land_faulty("zero_filled")], _of("parse")),
    Case("parse: twice the words a second", [land_faulty("wrong_frame_rate")], _of("parse")),
    Case("parse: the layout of another aircraft", [land_faulty("wrong_layout")], _of("parse")),
    Case("parse: the tail number of another aircraft", [land_faulty("wrong_tail")], _of("parse")),
    Case("parse: whole frames missing", [land_faulty("missing_blocks")], warning=_of("parse")),
    Case("parse: a stuck sensor", [land_faulty("stuck")], warning=_of("parse")),
    Case("parse: its folder in the lake is not writable",
         [inject.block_output_folder("parse"), land_faulty("stuck", named=False)], _of("parse"),
         _after("parse")),
    Case("compress: its input is truncated on disk",
         [inject.truncate_output("parse", named=True), inject.reset_to_waiting("compress")],
         _of("compress")),
    Case("store: its input is truncated on disk",
         [inject.truncate_output("compress", named=True), inject.reset_to_waiting("store")],
         _of("store")),
    Case("ingest: a TSV file was changed",
         [inject.truncate_output("store", named=True), inject.reset_to_waiting("ingest")],
         _of("ingest")),
    Case("analyse: an operator's algorithm fails",
         [inject.add_yaml("algorithms", "failing", FAILING_ALGORITHM)], _of("analyse")),
    Case("load: results were deleted from SQL", [inject.delete_results], _of("load"), quick=True),
    Case("load: a recording is missing from the ledger", [inject.delete_stage_record("load")],
         _of("load")),
    Case("landing_folder: missing", [inject.remove_landing_folder], _of("landing_folder"),
         _from("download"), quick=True),
    Case("lake_disk: full",
         [inject.add_yaml("processes", "lake_disk", FULL_DISK), inject.skip_run],
         _of("lake_disk"), _from("extract")),
    Case("spark: the master does not respond",
         [inject.change_settings(spark_master="spark://127.0.0.1:9"), inject.skip_run],
         _of("spark"), _from("ingest")),
    Case("results_database: unreachable", [inject.break_database], _of("results_database"),
         _from("download") | {"overview"}, quick=True),
    Case("dagster_daemon: no heartbeat for ten minutes", [inject.silence_daemon],
         _of("dagster_daemon")),
    Case("canary: parse has another result", [inject.fail_canary("parse")],
         _of("canary"), quick=True),
    Case("overview: an aircraft departs within the hour with unfinished recordings",
         [inject.schedule_departure], _of("overview"), quick=True),
    Case("a process that the operator added by YAML: unreachable",
         [inject.add_yaml("processes", "fleet_link", RADIO_LINK), inject.skip_run],
         _of("fleet_link"), _from("download"), quick=True),
    Case("extract and parse: two bad archives of one day",
         [land_faulty("truncated"), land_faulty("zero_filled", flight=3)],
         _of("extract", "parse")),
    Case("parse fails, and spark is unreachable",
         [land_faulty("zero_filled"), inject.change_settings(spark_master="spark://127.0.0.1:9")],
         _of("parse", "spark"), _from("ingest")),
    Case("extract fails, then the landing folder is removed",
         [land_faulty("truncated"), inject.run_day, inject.remove_landing_folder],
         _of("extract", "landing_folder"), _of("download") | _after("extract")),
    Case("landing_folder and spark: both unreachable",
         [inject.remove_landing_folder,
          inject.change_settings(spark_master="spark://127.0.0.1:9")],
         _of("landing_folder", "spark"), _from("download")),
    Case("load fails, and the daemon has no heartbeat",
         [inject.delete_results, inject.run_day, inject.silence_daemon],
         _of("load", "dagster_daemon")),
    Case("live_signals: a producer sends nothing for ten minutes", [inject.silence_producer],
         _of("live_signals"), quick=True),
)  # fmt: skip
"""Faults of every stage, of every process around them, and pairs of faults."""
