"""Continuity of the recordings of every aircraft's recorders."""

from collections.abc import Mapping, Sequence
from itertools import chain

from sqlalchemy import Engine

from dataflow_health.health.continuity import Continuity, assess_continuity
from dataflow_health.health.flight_breaks import ContinuityWindow
from dataflow_health.health.recorded_flight import RecordedFlight
from dataflow_health.storage.queries import unread_items


def among(
    engine: Engine, flights: Mapping[str, Sequence[RecordedFlight]], window: ContinuityWindow
) -> Mapping[str, tuple[Continuity, ...]]:
    """Continuity of each recorder's recordings, which were read already, by aircraft.

    Args:
        engine: Database of the ledger.
        flights: Recorded flights by aircraft.
        window: What counts, and how long a continuation is awaited.

    Raises:
        DatabaseError: The database does not answer.
    """
    known = {each.recording_id for each in chain(*flights.values())}
    unread = unread_items.read(engine, known) if flights else {}
    return {
        tail: assess_continuity(found, window, unread.get(tail, ()))
        for tail, found in flights.items()
    }
