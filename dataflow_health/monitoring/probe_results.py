"""Results of live checks in memory: since when they hold, and which are due to be saved."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock

from dataflow_health.health.observation import Observation
from dataflow_health.monitoring import change_gate
from dataflow_health.monitoring.probes.scheduler import CheckKey

REPEAT_AFTER = timedelta(seconds=20)
"""An unchanged result is saved again after this long; it is stale after two minutes."""


class ProbeResults:
    """The newest result of every live check."""

    def __init__(self) -> None:
        """Holds no result yet."""
        self._latest: dict[CheckKey, Observation] = {}
        self._saved: dict[CheckKey, Observation] = {}
        self._lock = Lock()

    @property
    def latest(self) -> tuple[Observation, ...]:
        """The newest result of every check that has one, with the time since which it holds."""
        with self._lock:
            return tuple(self._latest.values())

    def add(self, results: Iterable[Observation]) -> bool:
        """Adds new results; whether any differs from the one before it."""
        changed = False
        with self._lock:
            for each in results:
                key = (each.process, each.check)
                before = self._latest.get(key)
                since = each.at
                if before is not None and before.outcome == each.outcome:
                    since = before.since_at or before.at
                self._latest[key] = each.model_copy(update={"since_at": min(since, each.at)})
                changed = changed or before is None or _shown(before) != _shown(each)
        return changed

    def due(self, now: datetime) -> list[Observation]:
        """Results that differ from the saved ones, or whose saved ones grow old."""
        with self._lock:
            return [each for key, each in self._latest.items() if self._is_due(key, each, now)]

    def mark_saved(self, results: Iterable[Observation]) -> None:
        """Notes that these results are in the ledger."""
        with self._lock:
            self._saved.update({(each.process, each.check): each for each in results})

    def clear(self) -> None:
        """Forgets all results: another process has newer ones."""
        with self._lock:
            self._latest.clear()
            self._saved.clear()

    def _is_due(self, key: CheckKey, each: Observation, now: datetime) -> bool:
        saved = self._saved.get(key)
        if saved is None:
            return True
        last = (_saved_fingerprint(saved), saved.at.timestamp())
        current = _saved_fingerprint(each)
        is_due = change_gate.is_due(last, current, now, repeat_after=REPEAT_AFTER)
        return is_due and (current != last[0] or each.at != saved.at)


def _shown(result: Observation) -> tuple[str, str]:
    return result.outcome, result.detail


def _saved_fingerprint(result: Observation) -> str:
    return f"{result.outcome} {result.severity}"
