"""Answers of live checks in memory: since when, and which are due to be kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock

from dataflow_health.health.observation import Observation

REPEAT_AFTER = timedelta(seconds=20)
"""An answer that does not change is kept again after this long; stale is after two minutes."""

Key = tuple[str, str]


class ProbeResults:
    """The newest answer of every live check."""

    def __init__(self) -> None:
        self._newest: dict[Key, Observation] = {}
        self._kept: dict[Key, Observation] = {}
        self._lock = Lock()

    @property
    def newest(self) -> tuple[Observation, ...]:
        """The newest answer of every check that ever gave one, and since when it is that."""
        with self._lock:
            return tuple(self._newest.values())

    def take(self, answers: Iterable[Observation]) -> bool:
        """Takes new answers; tells whether any says something else than the one before."""
        changed = False
        with self._lock:
            for each in answers:
                key = (each.process, each.check)
                before = self._newest.get(key)
                since = each.at
                if before is not None and before.outcome == each.outcome:
                    since = before.since_at or before.at
                self._newest[key] = each.model_copy(update={"since_at": min(since, each.at)})
                changed = changed or before is None or _says(before) != _says(each)
        return changed

    def due(self, now: datetime) -> list[Observation]:
        """Answers that differ from what is kept, or whose kept one grows old."""
        with self._lock:
            return [each for key, each in self._newest.items() if self._is_due(key, each, now)]

    def keep(self, answers: Iterable[Observation]) -> None:
        """Remembers what is kept now."""
        with self._lock:
            self._kept.update({(each.process, each.check): each for each in answers})

    def _is_due(self, key: Key, each: Observation, now: datetime) -> bool:
        kept = self._kept.get(key)
        if kept is None or (kept.outcome, kept.severity) != (each.outcome, each.severity):
            return True
        return each.at > kept.at and now - kept.at >= REPEAT_AFTER


def _says(answer: Observation) -> tuple[str, str]:
    return answer.outcome, answer.detail
