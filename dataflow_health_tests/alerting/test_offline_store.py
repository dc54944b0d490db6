"""Incident store while the ledger is unreachable: text in the sensor's cursor."""

from dataflow_health.alerting.offline_store import OfflineIncidentStore, OfflineRecords
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.incident import Streak
from dataflow_health_tests.health.incident_factories import NOON, make_incident


def save(store, **given):
    with store.writing() as stored:
        return stored.save_incident(make_incident(**given))


def test_new_incidents_get_negative_numbers_beside_those_of_the_ledger():
    store = OfflineIncidentStore(OfflineRecords())
    numbers = [save(store, id=0).id, save(store, id=7).id, save(store, id=0).id]
    assert numbers == [-1, 7, -2]


def test_numbers_of_the_ledger_do_not_become_numbers_of_new_incidents():
    store = OfflineIncidentStore(OfflineRecords(incidents=(make_incident(id=7),)))
    assert save(store, id=0).id == -1


def test_records_survive_the_cursor_as_text():
    store = OfflineIncidentStore(OfflineRecords(unreachable_since=NOON))
    with store.writing() as stored:
        incident = stored.save_incident(make_incident(id=0))
        stored.save_streaks({"a": Streak(failing=1, checked_at=NOON, flipped_at=(NOON,))})
        stored.save_deliveries(
            [Delivery(incident_id=incident.id, kind="opened", channel="P", rule="r", due_at=NOON)]
        )
    text = store.records.model_dump_json()
    assert OfflineRecords.model_validate_json(text) == store.records
