"""The drill-down under the overview: a page of answers, one recording's way, the accounts."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from sqlalchemy import Engine

from dataflow_health.schemas import Account, Answer, Finding, Ledger, Page, Passage, Way
from dataflow_health.storage.ledger import conservation, ledger
from dataflow_health.storage.ledger.ledger import Row
from dataflow_health.storage.queries import drill_down
from dataflow_health.storage.queries.drill_down import Wanted


def page(engine: Engine, wanted: Wanted) -> Page:
    """One page of the drill-down table.

    Raises:
        DatabaseError: The database does not answer.
    """
    found, total = drill_down.recordings(engine, wanted)
    rows = tuple(Answer.model_validate(dict(row)) for row in found)
    return Page(rows=rows, total=total, limit=wanted.limit, offset=wanted.offset)


def way(engine: Engine, beginning: str) -> Way:
    """The way of the one recording whose id begins so.

    Raises:
        NotFound: None does, or more than one.
        DatabaseError: The database does not answer.
    """
    found = drill_down.way(engine, beginning)
    named = {name: found.recording[name] for name in Way.model_fields if name in found.recording}
    told: dict[str, Any] = {
        **named,
        "recording": found.recording["id"],
        "stages": tuple(_passage(row) for row in found.stages),
        "outcomes": dict(sorted(Counter(row["outcome"] for row in found.answers).items())),
        "findings": tuple(Finding.model_validate(dict(row)) for row in found.findings),
        "also_in": tuple(sorted({row["archive"] for row in found.others})),
    }
    return Way.model_validate(told)


def accounts(engine: Engine, day: str | None = None) -> Ledger:
    """The accounts of one day, or of all days together.

    Raises:
        DatabaseError: The database does not answer.
    """
    found = ledger.accounts(engine, day)
    shown = found if day is not None else list(conservation.total(found).values())
    told = tuple(Account(**asdict(each), unaccounted=each.unaccounted) for each in shown)
    return Ledger(balances=all(each.balances for each in found), accounts=told)


def _passage(row: Row) -> Passage:
    evidence = row["evidence"]
    told = {name: value for name, value in row.items() if name != "evidence"}
    return Passage.model_validate(told | {"hex": evidence.hex(" ") if evidence else ""})
