"""The faults of the table, and who must be red for each: written by hand, before any was run."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import fault_scene as scene
from benchmarks.fault_scene import Inject, lands
from dataflow_health.storage.ledger.stage_order import STAGES

FULL_DISK = """\
describes: The disk under the lake.
external: true
before: [extract, parse, compress, store, ingest, analyse]
checks:
  - {kind: disk_free, path_from: DATAFLOW_HEALTH_LAKE_URL, at_least_pct: 100}
"""
"""Our own check, with a bound that no disk meets: a benchmark must not fill the machine's."""

LINK = """\
describes: The radio link to the field base.
external: true
before: [download]
checks:
  - {kind: tcp_answers, address: "127.0.0.1:9", within: PT1S}
"""

BREAKS = """\
describes: An operator's own algorithm that breaks on every recording.
source: made to break
severity: warning
kind: python
entry: benchmarks.fault_algorithm:breaks
parameters: [rotor_speed_pct]
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table.

    Attributes:
        says: What happened.
        inject: Makes it happen.
        failed: Exactly these must be FAILED.
        blocked: Exactly these must be BLOCKED.
        warning: Exactly these must be WARNING.
        quick: Needs neither Spark nor waiting for retries: it runs in the tests.
    """

    says: str
    inject: Sequence[Inject]
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
    Case("download: an archive is not what its sidecar says", [scene.lands_with_wrong_digest],
         _of("download")),
    Case("download: the lake's disk has too little room", [scene.set_to(disk_free_share="0.99999")],
         _of("download")),
    Case("download: an aircraft is silent",
         [scene.set_to(silent_after_days="0.000001")], warning=_of("download")),
    Case("extract: the upload broke off", [lands("truncated")], _of("extract"), quick=True),
    Case("extract: a byte changed on the way", [lands("crc_error")], _of("extract")),
    Case("extract: the zip asks for a password", [lands("password")], _of("extract")),
    Case("extract: a proxy's error page instead of a zip", [lands("html_page")], _of("extract")),
    Case("extract: no recording in the zip", [lands("no_recording")], _of("extract")),
    Case("extract: a zip bomb", [lands("bomb")], _of("extract")),
    Case("extract: a path that leads out", [lands("path_escape")], _of("extract")),
    Case("parse: a card of zeros", [lands("zero_filled")], _of("parse")),
    Case("parse: twice the words a second", [lands("wrong_frame_rate")], _of("parse")),
    Case("parse: another aircraft's layout", [lands("wrong_layout")], _of("parse")),
    Case("parse: named for another tail", [lands("wrong_tail")], _of("parse")),
    Case("parse: whole frames missing, the rest good", [lands("missing_blocks")],
         warning=_of("parse")),
    Case("parse: a sensor is stuck", [lands("stuck")], warning=_of("parse")),
    Case("parse: the lake refuses its folder",
         [scene.cannot_write("parse"), lands("stuck", named=False)], _of("parse"), _after("parse")),
    Case("compress: its input is torn on disk",
         [scene.output_torn("parse", named=True), scene.again("compress")], _of("compress")),
    Case("store: its input is torn on disk",
         [scene.output_torn("compress", named=True), scene.again("store")], _of("store")),
    Case("ingest: somebody changed a TSV",
         [scene.output_torn("store", named=True), scene.again("ingest")], _of("ingest")),
    Case("analyse: an operator's algorithm breaks",
         [scene.declared("algorithms", "breaks", BREAKS)], _of("analyse")),
    Case("load: somebody deleted answers in SQL", [scene.answers_deleted], _of("load"), quick=True),
    Case("load: a recording is in no account", [scene.vanishes_before("load")], _of("load")),
    Case("landing_folder: gone", [scene.landing_folder_gone], _of("landing_folder"),
         _from("download"), quick=True),
    Case("lake_disk: full", [scene.declared("processes", "lake_disk", FULL_DISK), scene.asks_only],
         _of("lake_disk"), _from("extract")),
    Case("spark: no master answers",
         [scene.set_to(spark_master="spark://127.0.0.1:9"), scene.asks_only], _of("spark"),
         _from("ingest")),
    Case("results_database: away", [scene.database_away], _of("results_database"),
         _from("download") | {"overview"}, quick=True),
    Case("dagster_daemon: silent for ten minutes", [scene.daemon_silent], _of("dagster_daemon")),
    Case("canary: parse makes something else of it", [scene.canary_differs("parse")],
         _of("canary"), quick=True),
    Case("overview: an aircraft departs within the hour, not all answered",
         [scene.departs_unanswered], _of("overview"), quick=True),
    Case("an operator's own process, added by YAML: away",
         [scene.declared("processes", "fleet_link", LINK), scene.asks_only], _of("fleet_link"),
         _from("download"), quick=True),
    Case("extract and parse: two bad archives of one day",
         [lands("truncated"), lands("zero_filled", flight=3)], _of("extract", "parse")),
    Case("parse, and spark away",
         [lands("zero_filled"), scene.set_to(spark_master="spark://127.0.0.1:9")],
         _of("parse", "spark"), _from("ingest")),
    Case("extract, and the landing folder gone afterwards",
         [lands("truncated"), scene.run_now, scene.landing_folder_gone],
         _of("extract", "landing_folder"), _of("download") | _after("extract")),
    Case("landing_folder and spark, both away",
         [scene.landing_folder_gone, scene.set_to(spark_master="spark://127.0.0.1:9")],
         _of("landing_folder", "spark"), _from("download")),
    Case("load, and the daemon silent", [scene.answers_deleted, scene.run_now, scene.daemon_silent],
         _of("load", "dagster_daemon")),
)  # fmt: skip
"""Every stage, every process around them, and pairs."""
