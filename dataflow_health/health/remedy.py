"""Remedy of every kind of check and of every reason for a refusal, declared once.

A command stands here only if it can turn the check green; everything else is a step in words.
"""

import shlex
from collections.abc import Mapping
from typing import NamedTuple

from dataflow_health.health.check import LEDGER, STEP
from dataflow_health.health.problem import Problem


class Remedy(NamedTuple):
    """Remedy of a failure; both empty when there is none but the runbook.

    Attributes:
        step: What a person does first, in words.
        command: Command that turns the check green once the step is done.
    """

    step: str = ""
    command: str = ""


ASSET_CHECK = "asset_check"
_REPORT = "Keep all files and report it: the ledger has lost count of an item."
_FORCE = "Materialise the stage for this day in the Dagster UI, with force in its launchpad."
_LOOK = "Look at the items named here; nothing is refused, and there is nothing to run."

BY_KIND: Mapping[str, Remedy] = {
    STEP: Remedy("Remove the error named here.", "dataflow-health rerun --failed"),
    LEDGER: Remedy(_REPORT),
    ASSET_CHECK: Remedy(_LOOK),
    **dict.fromkeys(
        ("answers_complete", "versions_current"),
        Remedy(
            "The sensor owed pays them by itself while no other run works; see that it is on, or "
            "pay them now.",
            "dataflow-health rerun --owed",
        ),
    ),
    "work_moves": Remedy(
        "See in Dagster whether the day's run is queued, hangs or was never started: start the "
        "daemon, or free the run that holds the place. Work that was tried five times is left "
        "alone until it is run again.",
        "dataflow-health rerun --failed",
    ),
    "file_exists": Remedy("Make the path available again: mount, network, permissions."),
    "file_age": Remedy("Find out why the program that writes the file has stopped."),
    "disk_free": Remedy("Free space or grow the disk; keep the landing folder and lake/download."),
    "database_answers": Remedy("Start the database or restore its network."),
    "query_returns": Remedy("Correct what the query finds."),
    "rows_between": Remedy("Find out why the table has too few or too many rows."),
    "freshness": Remedy("Find out why nothing new is written to the table."),
    "queue_age": Remedy("Find out why the program that empties the folder has stopped."),
    "http_answers": Remedy("Start the service or restore its network."),
    "tcp_answers": Remedy("Start the service or restore its network."),
    "process_runs": Remedy("Start the program."),
    "spark_workers": Remedy("Start the Spark master and its workers."),
    "airflow_runs": Remedy(
        "Open the failed task's log in Airflow, correct its reason and clear the task there. For a "
        "component that is down, start it; for a DAG file, correct the named error."
    ),
    "spark_jobs": Remedy(
        "Open the failed stage in Spark's page, correct its reason and run the application again; "
        "for a lost executor or worker, see its log and memory."
    ),
    "database_tables": Remedy(
        "Restore the missing table or column, or find out why nothing new is written."
    ),
    "dagster_daemon": Remedy("Start dataflow-health up, or the daemon's service."),
    "python": Remedy("Correct what the check's own function reports."),
    "canary_stage": Remedy(
        "Find what changed in the stage: code, Spark, a library.", "dataflow-health canary"
    ),
    "canary_on_time": Remedy(
        "See whether the schedule canary and the daemon run.", "dataflow-health canary"
    ),
    "sensors_tick": Remedy(
        "Switch a sensor that is off on in the Dagster UI. For one that is late or failed, see its "
        "newest tick there and the logs of daemon and code server: up starts either of them again."
    ),
    "schedules_run": Remedy(
        "Switch the schedule on in the Dagster UI; of a failed job, do what its run names, and run "
        "it again."
    ),
    "configuration_loads": Remedy("Correct the file and line named here."),
    "messages_delivered": Remedy(
        "Correct the channel; dataflow-health alert test shows its error.",
        "dataflow-health alert send",
    ),
    "quarantine_age": Remedy("Replay or write off what dataflow-health quarantine list shows."),
    "aircraft_heard_from": Remedy("Ask the base for the recordings of the silent aircraft."),
    "landing_entries": Remedy("Remove or rename the entries named here."),
    "source_opens": Remedy("Restore the mount, network or permissions of the landing folder."),
    "lake_writable": Remedy(
        "Mount the lake, free space, or make it writable for the pipeline's user."
    ),
    "files_undamaged": Remedy(
        "Look at the lake's disk. What a stage can make waits for it; a kept archive must be sent "
        "again, and one that the ledger lacks is restored by dataflow-health ledger rebuild.",
        "dataflow-health scrub --repair",
    ),
    "scrub_on_time": Remedy(
        "See whether the schedule scrub and the daemon run.", "dataflow-health scrub"
    ),
    "ledger_writable": Remedy(
        "Restore space, permissions or the primary of the ledger's database; a stopped process may "
        "hold its lock."
    ),
    "error_budgets": Remedy("End the open incidents that use up the budget."),
    "no_incident_flaps": Remedy("Find out why the link or service comes and goes."),
    "analysed_before_departure": Remedy("Process the named aircraft's recordings first."),
    "flights_recorded": Remedy(
        "Ask the base for the recordings between those named here; dataflow-health fleet "
        "--continuity shows all. Where the recorder itself lost them, have it looked at."
    ),
    "format_stable": Remedy(
        "Ask the shop for what changed at the recorder; give the aircraft a layout or mapping of "
        "the new format. dataflow-health fleet --formats shows all changes."
    ),
    "lineage_delivered": Remedy(
        "Start the receiver of OpenLineage events or restore its network; events that it refused "
        "are in openlineage/refused of the home folder: correct the receiver, or delete them."
    ),
    "signals_arrive": Remedy(
        "Start the producer of the signals named here, or restore its network."
    ),
    "signals_in_limits": Remedy("See what the signal measures; its algorithm has the limit."),
    "event_stream": Remedy("Start dataflow-health api; its log has the error."),
}
"""Remedy by kind of check."""

BY_CAUSE: Mapping[str, Remedy] = {
    "not_taken": Remedy(
        "See in Dagster whether the sensor arrivals is on and its run of the day is queued, hangs "
        "or failed: switch it on, start the daemon, or terminate a run that hangs."
    ),
    "step_hangs": Remedy(
        "See what the process named here waits for. Stopped, it is ended by itself after ten "
        "minutes, and waiting after two hours; its day is then started again. To do it at once: "
        "kill -9 its number on its machine."
    ),
}
"""Remedy of a cause of a check that refuses nothing, where it differs from that of the kind."""

BY_CHECK: Mapping[str, Remedy] = {
    "conservation": Remedy(_REPORT),
    "source_reachable": Remedy("Make the archive source available again."),
    "disk_headroom": BY_KIND["disk_free"],
    "every_recording_analysed": Remedy(
        "Correct the algorithm named here; dataflow-health validate runs its examples."
    ),
    "landing_to_sql_age": Remedy("Find the stage in which the recordings wait."),
    "rows_landed": Remedy(_FORCE),
    "rows_conserved": Remedy(_FORCE),
    "rows_equal_parse": Remedy(_FORCE),
    "files_open": Remedy(_FORCE),
    "read_back_exact": Remedy(_FORCE),
}
"""Remedy of asset checks that refuse nothing, by name, where it differs from that of the kind."""

_SEND_AGAIN = "Ask the base to send it again; the new file is processed by itself."
_SENDER = "Do not open it; ask who sent it."
_LIMITS = "Raise the limits DATAFLOW_HEALTH_SANDBOX_* if the sender vouches for it."
_REMADE = (
    "Look at the lake's disk. A replay makes the file again; a kept archive must be sent again."
)

DAMAGED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "truncated", "crc_error", "not_a_zip", "html_page", "bad_directory", "no_name",
            "empty_archive", "empty_file", "zero_filled", "ff_filled", "too_short", "no_rows",
        ),
        _SEND_AGAIN,
    ),
    **dict.fromkeys(
        (
            "bomb", "overlapping_members", "path_escape", "symlink", "too_deep", "too_large",
            "too_many_members",
        ),
        _SENDER,
    ),
    "encrypted": "Ask the base to send it without a password.",
    "name_too_long": "Ask for the file again with shorter names: 1,024 bytes are allowed.",
    "tail_mismatch": "Ask the base which aircraft it is, and have it sent under the right name.",
    "tail_too_long": "Ask for the file with a name of at most 32 characters for the aircraft.",
}  # fmt: skip
"""Step by reason code of items that no replay can help: the bytes never change."""

MENDABLE: Mapping[str, str] = {
    "sidecar_mismatch": "Have the archive's .sha256 corrected, or the archive sent again.",
    "no_recording": "Add the recorder's YAML; if the card was empty, write it off instead.",
    "unknown_recorder": "Add the recorder's YAML.",
    "unknown_layout": "Import the layout with dataflow-health layout import.",
    "no_layout": "Import the layout with dataflow-health layout import.",
    **dict.fromkeys(("out_of_memory", "cpu_limit", "file_too_large"), _LIMITS),
    **dict.fromkeys(
        (
            "bytes_changed",
            "input_changed",
            "input_missing",
            "not_in_table",
            "tsv_differs",
            "tsv_unreadable",
        ),
        _REMADE,
    ),
}
"""Step by reason code of items that a replay helps, once the step is done."""

_MEND = "Remove the cause: layout, recorder's YAML or code. If there is none, write it off."


def of_problem(problem: Problem) -> Remedy:
    """Remedy of one cause of a failure.

    Items in quarantine are written off or replayed; only a failed run is run again.
    """
    if problem.quarantined:
        options = ["--stage", problem.process, "--reason-code", problem.cause]
        options += ["--day", str(problem.days[0])] if len(problem.days) == 1 else []
        options += ["--tail", problem.tails[0]] if len(problem.tails) == 1 else []
        return _of_quarantine(problem.cause, options)
    found = BY_CAUSE.get(problem.cause) or of_check(problem.kind, problem.check)
    if problem.kind == STEP and len(problem.days) == 1:
        return found._replace(command=f"{found.command} --day {problem.days[0]}")
    return found


def of_check(kind: str, name: str) -> Remedy:
    """Remedy of a failed check that refuses nothing, by its kind and name."""
    if kind == ASSET_CHECK and name in BY_CHECK:
        return BY_CHECK[name]
    return BY_KIND.get(kind, Remedy())


def of_refusals(stage: str) -> Remedy:
    """Remedy of refusals whose reasons are not at hand."""
    return Remedy(
        f"Replay or write off what dataflow-health quarantine list --stage {stage} shows."
    )


def step_of_reason(reason: str) -> str:
    """What a person does first about items in quarantine for a reason code."""
    return DAMAGED.get(reason) or MENDABLE.get(reason, _MEND)


def of_item(item_id: str, reason: str, state: str) -> Remedy:
    """Remedy of one archive or recording; none for one that is not in quarantine."""
    return _of_quarantine(reason, [item_id[:12]]) if state == "quarantined" else Remedy()


def _of_quarantine(reason: str, options: list[str]) -> Remedy:
    action, note = ("replay", "cause removed")
    if reason in DAMAGED:
        action, note = ("write-off", "sent again or lost")
    words = ["dataflow-health", "quarantine", action, *options, "--reason", f"{reason}: {note}"]
    return Remedy(step_of_reason(reason), shlex.join(words))
