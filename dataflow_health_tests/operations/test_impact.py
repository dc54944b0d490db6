from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.operations import impact
from dataflow_health.operations.impact import ChangeKind
from dataflow_health.schemas import ChangeImpact
from dataflow_health.storage.ledger import ledger
from dataflow_health_tests import factories
from dataflow_health_tests.analysed_recordings import analyse
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import archive, recordings, result

CATALOGUE = factories.catalogue()


@pytest.fixture
def ledger_of_two(engine: Engine) -> Engine:
    """Two recordings of the generic recorder through parse; one of them is analysed."""
    ids = recordings(engine, 2)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    analyse(engine, ids[:1], {})
    return engine


def found(engine: Engine, name: str, kind: ChangeKind | None = None) -> ChangeImpact:
    return impact.impact(engine, CATALOGUE, name, kind, NOON)


@pytest.mark.parametrize(
    ("name", "kind", "first", "count"),
    [
        ("rotor_droop", "algorithm", "analyse", 1),
        ("generic_rdf", "recorder", "extract", 2),
        ("arinc717", "parser", "parse", 2),
        ("csv", "parser", "parse", 0),
    ],
)
def test_a_change_redoes_the_recordings_of_its_kind(
    ledger_of_two: Engine, name: str, kind: str, first: str, count: int
) -> None:
    change = found(ledger_of_two, name)
    assert (change.kind, change.stages[0], change.stages[-1]) == (kind, first, "load")
    assert change.recordings == sum(day.recordings for day in change.days) == count


def test_a_changed_recorder_has_the_archives_of_every_recorder_read_again(
    ledger_of_two: Engine,
) -> None:
    done = result(archive(ledger_of_two))
    ended = [replace(done, finished_at=NOON + timedelta(hours=3))]
    ledger.finish(ledger_of_two, "extract", DAY, "run", ended)
    change = found(ledger_of_two, "generic_rdf", "recorder")
    assert (change.archives, change.hours) == (1, 3 + sum(day.hours for day in change.days))
    assert found(ledger_of_two, "rotor_droop").archives == 0


def test_layouts_and_mappings_are_found_by_their_names(engine: Engine) -> None:
    assert found(engine, sorted(CATALOGUE.layouts)[0]).stages[0] == "parse"
    assert found(engine, sorted(CATALOGUE.mappings)[0], "mapping").stages[0] == "store"


def test_an_unknown_name_is_refused_with_the_nearest_one(engine: Engine) -> None:
    with pytest.raises(NotFound, match="did you mean rotor_droop"):
        found(engine, "rotor_drop")
    with pytest.raises(NotFound, match="no layout is named rotor_droop"):
        found(engine, "rotor_droop", "layout")


def test_a_name_of_several_kinds_needs_its_kind(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact, "_names", lambda _catalogue, _kind: {"csv"})
    with pytest.raises(NotFound, match="give one of them: algorithm, layout"):
        found(engine, "csv")
