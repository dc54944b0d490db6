"""Every aircraft's recordings, stage by stage."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, func, select

from dataflow_health.storage import tables
from dataflow_health.storage.database import reading
from dataflow_health.storage.stages import RECORDING_STAGES


@dataclass(frozen=True, slots=True)
class AircraftAccount:
    """One aircraft's recordings.

    Attributes:
        tail: Registration.
        recordings: How many are known.
        states: Recordings by state, by stage; a stage that none has reached is not there.
    """

    tail: str
    recordings: int
    states: Mapping[str, Mapping[str, int]]

    def refused(self, stage: str) -> int:
        """Recordings in quarantine at a stage."""
        return self.states.get(stage, {}).get("quarantined", 0)

    def done(self, stage: str) -> int:
        """Recordings that a stage finished."""
        return self.states.get(stage, {}).get("done", 0)

    @property
    def all_refused(self) -> int:
        """Recordings in quarantine at any stage."""
        return sum(self.refused(stage) for stage in RECORDING_STAGES)


def by_aircraft(engine: Engine) -> list[AircraftAccount]:
    """All aircraft, worst first: most in quarantine, then most not yet loaded, then by name.

    Raises:
        DatabaseFault: The database does not answer.
    """
    recording, passage = tables.recording, tables.recording_stage
    group = (recording.c.tail, passage.c.stage, passage.c.state)
    states = (
        select(*group, func.count())
        .join(recording, recording.c.id == passage.c.recording_id)
        .group_by(*group)
    )
    known = select(recording.c.tail, func.count()).group_by(recording.c.tail)
    told: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    with reading(engine) as connection:
        for tail, stage, state, count in connection.execute(states):
            told[tail][stage][state] = count
        accounts = [
            AircraftAccount(tail, count, told[tail]) for tail, count in connection.execute(known)
        ]
    return sorted(accounts, key=_worst_first)


def _worst_first(each: AircraftAccount) -> tuple[int, int, str]:
    return -each.all_refused, each.done("load") - each.recordings, each.tail
