"""Hand-over of incidents between the ledger and the sensor's cursor."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting.hand_over import copy_records, store_records
from dataflow_health.alerting.notification_policy import after_success
from dataflow_health.alerting.offline_store import OfflineIncidentStore, OfflineRecords
from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.incident import Streak
from dataflow_health.storage.records import incidents
from dataflow_health_tests.health.incident_factories import MINUTE, NOON, make_incident

CHECK = ("parse", "frames_in_sync")
STREAK = Streak(process="parse", check="frames_in_sync", failing=2, checked_at=NOON)


@pytest.fixture
def ledger(engine: Engine):
    return SqlIncidentStore(engine)


def make_delivery(number, kind="opened", **given):
    return Delivery(
        incident_id=number, kind=kind, channel="PHONE", rule="all", due_at=NOON, **given
    )


def save(store, incident, *deliveries, streak=None):
    with store.writing() as stored:
        saved = stored.save_incident(incident)
        stored.save_deliveries(
            each.model_copy(update={"incident_id": saved.id}) for each in deliveries
        )
        if streak:
            stored.save_streaks({saved.fingerprint: streak})
    return saved


def outage(*deliveries, streak=STREAK, **given):
    """Offline records of an outage with one new incident."""
    store = OfflineIncidentStore(OfflineRecords(unreachable_since=NOON))
    save(store, make_incident(id=0, **given), *deliveries, streak=streak)
    return store.records


def stored_deliveries(ledger, number):
    with ledger.reading() as stored:
        return {(e.kind, e.outcome) for e in stored.deliveries([number]).get(number, ())}


SENT = after_success(make_delivery(0), NOON)
DUE = make_delivery(0, "reminder", sequence=1)


def test_a_copy_holds_incidents_streaks_and_messages_of_its_checks_only(ledger):
    mine = save(ledger, make_incident(id=0), SENT, streak=STREAK)
    other = make_incident(id=0, check="clock")
    other_streak = STREAK.model_copy(update={"check": "clock"})
    save(ledger, other, DUE, streak=other_streak)
    assert copy_records(ledger, {CHECK}) == OfflineRecords(
        incidents=(mine,),
        streaks={mine.fingerprint: STREAK},
        deliveries=(SENT.model_copy(update={"incident_id": mine.id}),),
    )


def test_a_closed_incident_is_not_copied(ledger):
    save(ledger, make_incident(id=0, state="resolved", closed_at=NOON), SENT)
    assert copy_records(ledger, {CHECK}) == OfflineRecords()


def test_a_copy_without_an_outage_is_not_stored(ledger, engine: Engine):
    records = outage(SENT).model_copy(update={"unreachable_since": None})
    store_records(ledger, records)
    assert incidents.find(engine) == []


def test_an_incident_of_the_outage_is_stored_with_all_its_messages(ledger, engine: Engine):
    records = outage(SENT, DUE)
    store_records(ledger, records)
    (incident,) = incidents.find(engine)
    assert incident.id > 0
    assert incident == records.incidents[0].model_copy(update={"id": incident.id})
    assert stored_deliveries(ledger, incident.id) == {("opened", "sent"), ("reminder", "due")}
    with ledger.reading() as stored:
        assert stored.streaks() == {incident.fingerprint: STREAK}


@pytest.mark.parametrize("closed_at", [None, NOON])
def test_storing_an_outage_again_changes_nothing(ledger, engine: Engine, closed_at):
    state = "resolved" if closed_at else "open"
    records = outage(SENT, DUE, state=state, closed_at=closed_at)
    store_records(ledger, records)
    before = incidents.find(engine)
    store_records(ledger, records)
    assert incidents.find(engine) == before
    assert len(before) == 1


def test_an_incident_that_ended_after_its_hand_over_is_not_opened_again(ledger, engine: Engine):
    records = outage(SENT)
    store_records(ledger, records)
    (handed_over,) = incidents.find(engine)
    closed = handed_over.model_copy(update={"state": "resolved", "closed_at": NOON + MINUTE})
    save(ledger, closed)
    store_records(ledger, records)
    assert incidents.find(engine) == [closed]


def test_a_cause_that_is_open_in_the_ledger_is_not_opened_again(ledger, engine: Engine):
    opened_at = NOON - timedelta(days=1)
    before = save(ledger, make_incident(id=0, opened_at=opened_at))
    store_records(ledger, outage(SENT, DUE))
    assert incidents.find(engine) == [before]
    assert stored_deliveries(ledger, before.id) == {("opened", "sent")}


def test_a_message_sent_during_the_outage_is_not_due_in_the_ledger_any_more(ledger):
    due = make_delivery(0)
    incident = save(ledger, make_incident(id=0), due)
    copied = copy_records(ledger, {CHECK}).model_copy(update={"unreachable_since": NOON})
    sent = copied.model_copy(
        update={"deliveries": tuple(after_success(e, NOON) for e in copied.deliveries)}
    )
    store_records(ledger, sent)
    assert stored_deliveries(ledger, incident.id) == {("opened", "sent")}


def test_an_operators_change_in_the_ledger_survives_the_hand_over(ledger):
    incident = save(ledger, make_incident(id=0), SENT, streak=STREAK)
    copied = copy_records(ledger, {CHECK}).model_copy(update={"unreachable_since": NOON})
    acknowledged = incident.model_copy(update={"state": "acknowledged"})
    save(
        ledger,
        acknowledged,
        streak=STREAK.model_copy(update={"accepted_failures": 4, "accepted_severity": "warning"}),
    )
    newer = STREAK.model_copy(update={"failing": 9, "checked_at": NOON + MINUTE})
    store_records(ledger, copied.model_copy(update={"streaks": {incident.fingerprint: newer}}))
    with ledger.reading() as stored:
        assert stored.incident(incident.id) == acknowledged
        streak = stored.streaks()[incident.fingerprint]
    assert (streak.failing, streak.accepted_failures) == (9, 4)
    assert streak.accepted_severity == "warning"


@pytest.mark.parametrize("checked_at", [NOON, NOON - MINUTE, None])
def test_an_older_streak_does_not_replace_the_ledgers(ledger, checked_at):
    incident = save(ledger, make_incident(id=0), streak=STREAK)
    older = STREAK.model_copy(update={"failing": 9, "checked_at": checked_at})
    records = OfflineRecords(unreachable_since=NOON, streaks={incident.fingerprint: older})
    store_records(ledger, records)
    with ledger.reading() as stored:
        assert stored.streaks() == {incident.fingerprint: STREAK}
