from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from dataflow_health.errors import NotFound
from dataflow_health.health.mute import Mute
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health_tests.health.incident_factories import NOON, make_incident


def keep(engine, **more):
    with writing(engine) as connection:
        return incidents.save(connection, make_incident(id=0, **more))


def test_an_incident_comes_back_as_it_was_saved(engine: Engine):
    kept = keep(engine)
    with reading(engine) as connection:
        assert incidents.get(connection, kept.id) == kept
        assert incidents.find_open(connection) == {kept.fingerprint: kept}


def test_a_changed_incident_replaces_the_saved_one(engine: Engine):
    kept = keep(engine)
    with writing(engine) as connection:
        incidents.save(connection, kept.model_copy(update={"max_failures": 99}))
    assert [each.max_failures for each in incidents.find(engine)] == [99]


def test_a_cause_cannot_be_open_twice(engine: Engine):
    keep(engine)
    with pytest.raises(IntegrityError):
        keep(engine)


def test_a_closed_incident_may_open_again(engine: Engine):
    keep(engine, state="resolved", closed_at=NOON)
    again = keep(engine)
    assert [each.id for each in incidents.find(engine, is_open=True)] == [again.id]
    assert len(incidents.find(engine)) == 2


def test_incidents_are_found_by_process_and_time_and_page(engine: Engine):
    old = keep(engine, state="resolved", closed_at=NOON)
    new = keep(engine, process="load")
    assert [e.id for e in incidents.find(engine, process="load")] == [new.id]
    assert [e.id for e in incidents.find(engine, since=NOON + timedelta(days=1))] == [new.id]
    assert [e.id for e in incidents.find(engine, before_id=new.id)] == [old.id]
    assert [e.id for e in incidents.find(engine, is_open=False)] == [old.id]


def test_incidents_are_found_that_were_open_at_some_time_of_a_range(engine: Engine):
    hour = timedelta(hours=1)
    first = keep(engine, state="resolved", opened_at=NOON, closed_at=NOON + hour)
    second = keep(engine, opened_at=NOON + 2 * hour)

    def found(since, until):
        return [e.id for e in incidents.find(engine, since=since, until=until)]

    assert found(NOON, NOON + hour) == [first.id]
    assert found(NOON + hour / 2, NOON + hour / 2) == [first.id], "open at an instant"
    assert found(NOON + 1.5 * hour, NOON + 1.5 * hour) == []
    assert found(NOON + 3 * hour, NOON + 4 * hour) == [second.id], "it is still open"
    assert found(NOON, NOON + 4 * hour) == [second.id, first.id]
    assert found(None, NOON) == []


def test_ended_incidents_are_found_from_a_time_on(engine: Engine):
    keep(engine, state="resolved", closed_at=NOON)
    later = keep(engine, state="resolved", closed_at=NOON + timedelta(hours=1))
    keep(engine)
    with reading(engine) as connection:
        assert incidents.find_ended(connection, NOON + timedelta(hours=1)) == [later]
        assert len(incidents.find_ended(connection, NOON)) == 2


def test_an_unknown_incident_number_is_refused(engine: Engine):
    with reading(engine) as connection, pytest.raises(NotFound, match="no incident 99"):
        incidents.get(connection, 99)


def test_an_incident_is_found_by_cause_and_opening_time(engine: Engine):
    saved = keep(engine)
    with reading(engine) as connection:
        assert incidents.find_opened(connection, saved.fingerprint, saved.opened_at) == saved
        assert incidents.find_opened(connection, saved.fingerprint, NOON) is None
        assert incidents.find_opened(connection, "other", saved.opened_at) is None


def test_the_mutes_of_open_incidents_are_found(engine: Engine):
    mute = {"state": "muted", "muted_until": NOON, "mute_ticket": "https://t/1", "muted_by": "anna"}
    keep(engine, **mute)
    keep(engine, cause="crc_error")
    keep(engine, cause="ended", closed_at=NOON, **mute)
    assert incidents.find_mutes(engine) == [
        Mute(process="parse", cause="no_sync", until_at=NOON, ticket="https://t/1", muted_by="anna")
    ]
