"""Contract of the incident store, held by both implementations."""

from datetime import timedelta

import pytest

from dataflow_health.alerting.notification_policy import after_success
from dataflow_health.alerting.offline_store import OfflineIncidentStore, OfflineRecords
from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health.errors import NotFound
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.incident import Streak
from dataflow_health_tests.conftest import cleared
from dataflow_health_tests.health.incident_factories import MINUTE, NOON, make_incident
from dataflow_health_tests.ledgers import open_ledger

STREAK = Streak(process="parse", check="frames_in_sync", failing=2, checked_at=NOON)


@pytest.fixture(
    params=["offline", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def store(request, tmp_path):
    if request.param == "offline":
        yield OfflineIncidentStore(OfflineRecords())
        return
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        cleared(url)
    engine = open_ledger(url)
    yield SqlIncidentStore(engine)
    engine.dispose()


def save(store, **given):
    with store.writing() as stored:
        return stored.save_incident(make_incident(id=0, **given))


def make_delivery(number, **given):
    return Delivery.model_validate(
        {"incident_id": number, "kind": "opened", "channel": "PHONE", "rule": "all"}
        | {"due_at": NOON}
        | given
    )


def test_a_new_incident_gets_a_number_of_its_own(store):
    first, second = save(store), save(store, cause="crc_error")
    assert 0 not in (first.id, second.id)
    assert first.id != second.id
    with store.reading() as stored:
        assert stored.incident(first.id) == first
        assert stored.incident(second.id) == second


def test_a_saved_change_replaces_the_incident(store):
    incident = save(store).model_copy(update={"state": "acknowledged"})
    with store.writing() as stored:
        assert stored.save_incident(incident) == incident
    with store.reading() as stored:
        assert stored.open_incidents() == {incident.fingerprint: incident}


def test_a_closed_incident_is_not_open_but_can_be_found(store):
    closed = save(store, state="resolved", closed_at=NOON)
    with store.reading() as stored:
        assert stored.open_incidents() == {}
        assert stored.incident(closed.id) == closed
        assert stored.find_opened(closed.fingerprint, closed.opened_at) == closed


def test_an_incident_is_found_by_cause_and_opening_time(store):
    incident = save(store)
    with store.reading() as stored:
        assert stored.find_opened(incident.fingerprint, incident.opened_at) == incident
        assert stored.find_opened(incident.fingerprint, NOON) is None
        assert stored.find_opened("other", incident.opened_at) is None


def test_an_unknown_number_is_refused(store):
    with store.reading() as stored, pytest.raises(NotFound, match="no incident 99"):
        stored.incident(99)


def test_streaks_are_saved_replaced_and_deleted(store):
    with store.writing() as stored:
        stored.save_streaks({"a": STREAK, "b": STREAK})
    more = STREAK.model_copy(update={"failing": 3})
    with store.writing() as stored:
        stored.save_streaks({"a": more, "b": None})
    with store.reading() as stored:
        assert stored.streaks() == {"a": more}


def test_a_delivery_is_due_until_it_is_sent(store):
    due = make_delivery(1)
    with store.writing() as stored:
        stored.save_deliveries([due])
    with store.reading() as stored:
        assert list(stored.due_deliveries()) == [due]
        assert list(stored.sent_since(NOON)) == []
    sent = after_success(due, NOON + MINUTE, batch=2)
    with store.writing() as stored:
        stored.save_deliveries([sent])
    with store.reading() as stored:
        assert list(stored.due_deliveries()) == []
        assert list(stored.sent_since(NOON + MINUTE)) == [sent]
        assert list(stored.sent_since(NOON + MINUTE + timedelta(seconds=1))) == []


def test_a_dropped_delivery_is_neither_due_nor_sent(store):
    dropped = make_delivery(1, outcome="dropped", settled_at=NOON)
    with store.writing() as stored:
        stored.save_deliveries([dropped])
    with store.reading() as stored:
        assert list(stored.due_deliveries()) == []
        assert list(stored.sent_since(NOON)) == []


def test_deliveries_are_found_by_incident(store):
    mine = [make_delivery(1), make_delivery(1, kind="reminder", sequence=1)]
    with store.writing() as stored:
        stored.save_deliveries([*mine, make_delivery(2)])
    with store.reading() as stored:
        found = stored.deliveries([1, 3])
    assert sorted(found[1], key=lambda each: each.kind) == mine
    assert list(found.get(3, ())) == []
    assert 2 not in found


def save_and_fail(store):
    with store.writing() as stored:
        stored.save_incident(make_incident(id=0))
        stored.save_streaks({"a": STREAK})
        raise RuntimeError


def test_a_transaction_that_fails_saves_nothing(store):
    with pytest.raises(RuntimeError):
        save_and_fail(store)
    with store.reading() as stored:
        assert stored.open_incidents() == {}
        assert stored.streaks() == {}


def test_a_transaction_reads_its_own_writes(store):
    with store.writing() as stored:
        saved = stored.save_incident(make_incident(id=0))
        stored.save_deliveries([make_delivery(saved.id)])
        assert stored.open_incidents() == {saved.fingerprint: saved}
        assert len(stored.deliveries([saved.id])[saved.id]) == 1


def test_sending_and_writing_do_not_exclude_each_other(store):
    with store.sending(), store.writing() as stored:
        assert stored.open_incidents() == {}
