"""Names of the asset checks that each stage implements.

Declared here, below the configuration, so that a misspelt check in a process file is an error when
the file is loaded. The implementations are in ``stages/checks``; a test holds the two equal.
"""

from collections.abc import Mapping

from dataflow_health.health.check import AssetCheck
from dataflow_health.health.process import Process

STAGE_CHECK_NAMES: Mapping[str, tuple[str, ...]] = {
    "download": ("source_reachable", "sidecar_digests_hold", "disk_headroom", "conservation"),
    "extract": ("archives_readable", "archives_held_a_recording", "conservation"),
    "parse": (
        "frames_in_sync", "parameters_present", "values_in_range", "aircraft_matches",
        "clock_consistent", "duration_plausible", "parameters_live", "conservation",
    ),
    "compress": ("read_back_exact", "ratio_in_band", "conservation"),
    "store": ("rows_equal_parse", "files_open", "conservation"),
    "ingest": ("rows_conserved", "nulls_conserved", "conservation"),
    "analyse": (
        "every_recording_analysed", "algorithms_apply", "finding_rate_in_band", "conservation",
    ),
    "load": ("rows_landed", "upload_times_present", "landing_to_sql_age", "conservation"),
}  # fmt: skip
"""Asset checks by stage. A process that is no stage has none: no run would evaluate them."""


def unknown_checks(name: str, process: Process) -> list[int]:
    """Positions of a process's asset checks that no run would evaluate.

    Args:
        name: Name of the process.
        process: The process as declared.
    """
    known = STAGE_CHECK_NAMES.get(name, ())
    return [
        position
        for position, check in enumerate(process.checks)
        if isinstance(check, AssetCheck) and check.name not in known
    ]
