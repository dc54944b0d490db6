"""Impact of a change: the recordings, arrival days and hours that it would redo."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.config.validation_errors import suggest
from dataflow_health.errors import NotFound
from dataflow_health.schemas import ChangeImpact, ImpactDay
from dataflow_health.stages import analyse, extract, parse, store
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.queries import stage_cost

ChangeKind = Literal["algorithm", "layout", "recorder", "parser", "mapping"]
"""Kinds of what can change; a parser decodes all recorders of its kind."""
KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
S_PER_HOUR = 3600


class _Scope(NamedTuple):
    """Work that a change repeats: the first stage of recordings, and whose recordings.

    With ``of_archives``, extract runs before it, for the archives of every recorder.
    """

    stage: str
    recorders: Sequence[str] = ()
    layouts: Sequence[str] = ()
    of_all: bool = False
    of_archives: bool = False


def impact(
    engine: Engine, catalogue: Catalogue, name: str, kind: ChangeKind | None, now: datetime
) -> ChangeImpact:
    """What a change of an algorithm, layout, recorder, parser or mapping would redo.

    Args:
        engine: Database of the ledger.
        catalogue: Everything declared in YAML.
        name: Its name, without ``.yaml``.
        kind: Its kind; None to look for it in all.
        now: Current time, UTC.

    Raises:
        NotFound: Nothing has this name, or things of several kinds have it.
        DatabaseError: The database does not answer.
    """
    found = _find_kind(catalogue, name, kind)
    scope = _SCOPES[found](catalogue, name)
    stages = STAGES[STAGES.index(scope.stage) :]
    days = stage_cost.read(
        engine, stages, recorders=scope.recorders, layouts=scope.layouts, of_all=scope.of_all
    )
    archives = stage_cost.read_archives(engine, extract.STAGE) if scope.of_archives else None
    hours = [each.took.total_seconds() / S_PER_HOUR for each in days]
    return ChangeImpact(
        at=now,
        name=name,
        kind=found,
        stages=(extract.STAGE, *stages) if archives else tuple(stages),
        archives=archives.archives if archives else 0,
        recordings=sum(each.recordings for each in days),
        hours=sum(hours) + (archives.took.total_seconds() / S_PER_HOUR if archives else 0),
        days=tuple(
            ImpactDay(arrival_day=each.arrival_day, recordings=each.recordings, hours=spent)
            for each, spent in zip(days, hours, strict=True)
        ),
    )


def _find_kind(catalogue: Catalogue, name: str, kind: ChangeKind | None) -> ChangeKind:
    names = {each: _names(catalogue, each) for each in (KINDS if kind is None else (kind,))}
    found = [each for each, known in names.items() if name in known]
    if not found:
        known = sorted({each for some in names.values() for each in some})
        raise NotFound(f"no {kind or ', '.join(KINDS)} is named {name}; {suggest(name, known)}")
    if len(found) > 1:
        raise NotFound(f"{name} is a name of several kinds; give one of them: {', '.join(found)}")
    return found[0]


def _names(catalogue: Catalogue, kind: ChangeKind) -> set[str]:
    if kind == "parser":
        return {each.kind for each in catalogue.recorders.values()}
    return set(getattr(catalogue, f"{kind}s"))


def _of_parser(catalogue: Catalogue, name: str) -> _Scope:
    recorders = [each for each, recorder in catalogue.recorders.items() if recorder.kind == name]
    return _Scope(parse.STAGE, recorders=recorders)


def _of_mapping(catalogue: Catalogue, name: str) -> _Scope:
    mapping = catalogue.mappings[name]
    return _Scope(store.STAGE, mapping.recorders, mapping.layouts)


_SCOPES: Mapping[ChangeKind, Callable[[Catalogue, str], _Scope]] = {
    "algorithm": lambda _, __: _Scope(analyse.STAGE, of_all=True),
    "layout": lambda _, name: _Scope(parse.STAGE, layouts=[name]),
    "recorder": lambda _, name: _Scope(parse.STAGE, recorders=[name], of_archives=True),
    "parser": _of_parser,
    "mapping": _of_mapping,
}
