"""``dataflow-health rerun --owed``: pay what changed algorithms, layouts and mappings owe."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import click

from dataflow_health import wiring
from dataflow_health.cli import terminal
from dataflow_health.cli.pipeline_run import pay_owed
from dataflow_health.health.debt_evidence import format_count
from dataflow_health.health.owed_answers import OwedRecording, describe
from dataflow_health.operations import owed
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.queries import outdated_recordings, owed_answers, owed_recordings
from dataflow_health.storage.queries.present_declarations import PresentDeclarations
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator


class _Debt(NamedTuple):
    """Everything that is owed at one time."""

    text: str
    days: tuple[str, ...]
    recordings: Sequence[OwedRecording]
    older: int


class _Rest(NamedTuple):
    """What is still missing of a debt after a run."""

    unanswered: dict[str, int]
    older: int
    ended_well: bool = True

    @property
    def is_paid(self) -> bool:
        return self.ended_well and not self.unanswered and not self.older


def run(
    settings: Settings, operator: Operator, *, reason: str, dry_run: bool, as_json: bool
) -> int:
    """Pays everything that is owed in one run; returns the exit code."""
    deps = wiring.dependencies(settings)
    given = (deps.engine, deps.catalogue, settings.tsv_codec, deps.clock())
    if not dry_run:
        owed.declare(*given)  # the job that pays reads what the ledger has
    debt = _read_debt(deps, owed.compare(*given))
    counts = {each.id: len(each.algorithms) for each in debt.recordings}
    rest = _Rest(counts, debt.older)
    if debt.days and not dry_run:
        audit_log.record(deps.engine, operator, "rerun", debt.text, reason=reason, at=deps.clock())
        # Progress goes to standard error, so that standard output holds only the JSON.
        ended_well = pay_owed(settings, terminal.console(stderr=True, quiet=as_json))
        rest = _Rest(
            owed_recordings.unanswered(deps.engine, debt.recordings),
            outdated_recordings.read(deps.engine).recordings,
            ended_well,
        )
    answers = sum(counts.values())
    click.echo(
        json.dumps(_summary(debt, answers, rest, dry_run=dry_run))
        if as_json
        else "\n".join(_sentences(debt, answers, rest, dry_run=dry_run))
    )
    return int(not dry_run and not rest.is_paid)


def _read_debt(deps: Dependencies, declared: PresentDeclarations) -> _Debt:
    answers = owed_answers.read(deps.engine, declared.algorithms)
    outdated = outdated_recordings.read(deps.engine, declared.stages)
    older = outdated.recordings
    texts = [describe(answers)] if answers.days or not older else []
    texts += [f"{format_count(older, 'recording')} to process again"] if older else []
    return _Debt(
        "; ".join(texts),
        owed.days_to_run(answers, outdated),
        owed_recordings.find(deps.engine, declared=declared.algorithms),
        older,
    )


def _summary(debt: _Debt, answers: int, rest: _Rest, *, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "days": debt.days,
        "owed": answers,
        "still_owed": sum(rest.unanswered.values()),
        "outdated": debt.older,
        "still_outdated": rest.older,
        "ended_well": rest.ended_well,
    }


def _sentences(debt: _Debt, answers: int, rest: _Rest, *, dry_run: bool) -> list[str]:
    days = ", ".join(debt.days)
    if not debt.days:
        return ["Nothing is owed: every analysed recording has all answers."]
    if dry_run:
        return [f"{debt.text}, on {days}. Nothing was changed."]
    paid = answers - sum(rest.unanswered.values())
    lines = [f"{paid} of {answers} owed answers are there now, on {days}."] if answers else []
    if debt.older:
        done, every = debt.older - rest.older, debt.older
        lines.append(f"{done} of {every} recordings were processed again, on {days}.")
    if not rest.ended_well:
        lines.append("The run failed; to see the reason: dataflow-health status")
    if rest.unanswered:
        count = len(rest.unanswered)
        noun = "recording lacks" if count == 1 else "recordings lack"
        lines.append(f"{count} {noun} answers; to see the reason: dataflow-health status")
    return lines
