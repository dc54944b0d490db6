"""Hand-over between the ledger's incident store and the offline records.

While the ledger is reachable, the incidents that can be checked without it are copied after each
alert cycle, so that an outage continues them: nothing is sent twice. After an outage, the offline
records are stored in the ledger: nothing is lost. Repeating either step changes nothing.
"""

from collections.abc import Collection, Mapping

from dataflow_health.alerting.incident_store import IncidentStore, IncidentWriter
from dataflow_health.alerting.offline_store import OfflineRecords
from dataflow_health.health.delivery import Delivery
from dataflow_health.health.incident import Incident, Streak


def copy_records(store: IncidentStore, checks: Collection[tuple[str, str]]) -> OfflineRecords:
    """Copy of the open incidents, streaks and deliveries of some checks.

    Args:
        store: Store of the ledger.
        checks: Process and check names of checks that need no ledger.

    Raises:
        DatabaseError: The ledger is unreachable.
    """
    with store.reading() as stored:
        incidents = [
            each
            for each in stored.open_incidents().values()
            if (each.problem.process, each.problem.check) in checks
        ]
        deliveries = stored.deliveries([each.id for each in incidents])
        streaks = stored.streaks()
    return OfflineRecords(
        incidents=tuple(incidents),
        streaks={name: e for name, e in streaks.items() if (e.process, e.check) in checks},
        deliveries=tuple(each for messages in deliveries.values() for each in messages),
    )


def store_records(store: IncidentStore, offline: OfflineRecords) -> None:
    """Stores the records of an outage in the ledger; records without an outage are only a copy.

    Args:
        store: Store of the ledger.
        offline: Records of the outage.

    Raises:
        DatabaseError: The ledger is unreachable again; nothing is stored then.
    """
    if offline.unreachable_since is None:
        return
    with store.writing() as stored:
        known = {each.id: _find_stored(stored, each) for each in offline.incidents}
        for incident in offline.incidents:
            _store_incident(stored, incident, known[incident.id], offline.deliveries)
        stored.save_streaks(_newer_streaks(stored.streaks(), offline.streaks))


def _find_stored(stored: IncidentWriter, incident: Incident) -> Incident | None:
    """The same incident in the ledger, copied or handed over before, or the open one."""
    by_opening = stored.find_opened(incident.fingerprint, incident.opened_at)
    if by_opening is not None or not incident.is_open:
        return by_opening
    return stored.open_incidents().get(incident.fingerprint)


def _store_incident(
    stored: IncidentWriter,
    incident: Incident,
    known: Incident | None,
    deliveries: tuple[Delivery, ...],
) -> None:
    """A known incident gets the messages sent meanwhile; a new one gets its unsent ones too."""
    target = known or stored.save_incident(incident.model_copy(update={"id": 0}))
    stored.save_deliveries(
        each.model_copy(update={"incident_id": target.id})
        for each in deliveries
        if each.incident_id == incident.id and (known is None or each.outcome != "due")
    )


def _newer_streaks(
    stored: Mapping[str, Streak], offline: Mapping[str, Streak]
) -> Mapping[str, Streak]:
    """Offline streaks with newer check results; an operator's resolution in the ledger stays."""
    newer = {}
    for name, streak in offline.items():
        before = stored.get(name, Streak())
        if streak.checked_at is None:
            continue
        if before.checked_at is None or before.checked_at < streak.checked_at:
            accepted = {
                "accepted_failures": before.accepted_failures,
                "accepted_severity": before.accepted_severity,
            }
            newer[name] = streak.model_copy(update=accepted)
    return newer
