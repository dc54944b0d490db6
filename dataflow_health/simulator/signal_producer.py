"""A producer of live signals: keeps what it cannot send, and sends it when that is possible."""

import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from loguru import logger

from dataflow_health.errors import ApiUnreachable

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
AT_ONCE = 1000
"""Samples of one request."""
MAX_KEPT = 36_000
"""Samples that are kept while they cannot be sent: an hour of ten a second. The oldest go first."""

Sample = tuple[datetime, Mapping[str, float]]
Send = Callable[[Sequence[Sample]], object]
Waves = Iterator[tuple[float, Mapping[str, float]]]


class SignalProducer:
    """Sends samples in order, each until it was acknowledged."""

    def __init__(self, waves: Waves, send: Send, started_at: datetime, seed: int = 0) -> None:
        """Sends nothing yet.

        Args:
            waves: Samples by seconds since the start, ascending.
            send: Sends samples; raises ApiUnreachable when that may succeed later.
            started_at: Time of second 0, UTC.
            seed: Random seed of the pauses, so that many producers do not come back at once.
        """
        self._waves = waves
        self._send = send
        self._started_at = started_at
        self._drawn = random.Random(seed)  # noqa: S311  (no secret)
        self._next = next(waves)
        self._kept: deque[Sample] = deque(maxlen=MAX_KEPT)
        self._pause_s = 0.0
        self._again_at = started_at

    @property
    def kept(self) -> int:
        """Number of samples that are not acknowledged yet."""
        return len(self._kept)

    def step(self, now: datetime) -> int:
        """Takes the samples that are due and sends what is kept, unless a pause lasts.

        Args:
            now: Current time, UTC.

        Returns:
            Number of samples acknowledged.

        Raises:
            ApiError: The API refuses the samples: sending them again would not help.
        """
        while (at := self._started_at + timedelta(seconds=self._next[0])) <= now:
            self._kept.append((at, self._next[1]))
            self._next = next(self._waves)
        sent = 0
        while self._kept and now >= self._again_at:
            some = [self._kept[n] for n in range(min(AT_ONCE, len(self._kept)))]
            try:
                self._send(some)
            except ApiUnreachable as error:
                self._wait(now, error)
                break
            self._pause_s = 0.0
            for _ in some:
                self._kept.popleft()
            sent += len(some)
        return sent

    def _wait(self, now: datetime, error: ApiUnreachable) -> None:
        """Waits twice as long as before, with some chance in it."""
        self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        pause_s = self._pause_s * self._drawn.uniform(0.75, 1.25)
        self._again_at = now + timedelta(seconds=pause_s)
        logger.warning("{} samples wait; again in {:.1f} s: {}", self.kept, pause_s, error)
