"""Pushes new points of live signals to any number of event streams.

Points are collected for a short time, and each event is written once for all clients that chose the
same signals: a thousand clients of one page cost one encoding and a thousand writes.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from threading import Lock

from dataflow_health.storage.signals.points import Point

PUSH_EVERY_S = 0.5
MAX_EVENTS = 60
"""Events that may wait for a slow client: half a minute; when full, the stream ends."""
MAX_POINTS = 200
"""Points of one signal in one event; of more, evenly chosen ones are sent, the newest included."""
RETRY_MS = 2000
SILENCE_S = 15.0
"""Time after which an idle stream sends a comment."""
PING = b": ping\n\n"

Series = Sequence[tuple[float, float]]
"""Times in seconds since 1970, and values."""


class SignalStream:
    """Events for one client.

    Attributes:
        chosen: Signals of which all points are sent; of all signals the newest when empty.
        is_closed: Whether the stream ends.
    """

    def __init__(self, chosen: frozenset[str]) -> None:
        """Creates a stream with no events; call from the event loop."""
        self.chosen = chosen
        self.is_closed = False
        self._events: asyncio.Queue[bytes] = asyncio.Queue(MAX_EVENTS)

    def put(self, event: bytes) -> None:
        """Adds an event; ends the stream when too many wait."""
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self.is_closed = True

    def close(self) -> None:
        """Ends the stream; the client reconnects."""
        self.is_closed = True
        self.put(b"")

    async def events(self) -> AsyncIterator[bytes]:
        """Events as they come, and a comment when there is none for long."""
        while not self.is_closed or not self._events.empty():
            try:
                yield await asyncio.wait_for(self._events.get(), SILENCE_S)
            except TimeoutError:
                yield PING


class SignalHub:
    """All streams of one server."""

    def __init__(self) -> None:
        """Has no streams yet."""
        self.streams: set[SignalStream] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: list[Point] = []
        self._is_due = False
        self._lock = Lock()

    def open(self, stream: SignalStream) -> Callable[[], None]:
        """Sends new points to a stream, until the returned function is called."""
        self._loop = asyncio.get_running_loop()
        self.streams.add(stream)
        return lambda: self.streams.discard(stream)

    def publish(self, points: Sequence[Point]) -> None:
        """Sends points with the next event; safe from any thread."""
        loop = self._loop
        if loop is None or loop.is_closed() or not self.streams:
            return
        with self._lock:
            self._pending.extend(points)
            is_due, self._is_due = self._is_due, True
        if not is_due:
            loop.call_soon_threadsafe(loop.call_later, PUSH_EVERY_S, self._push)

    def _push(self) -> None:
        with self._lock:
            points, self._pending, self._is_due = self._pending, [], False
        series = _by_signal(points)
        written: dict[frozenset[str], bytes] = {}
        for stream in tuple(self.streams):
            event = written.get(stream.chosen)
            if event is None:
                event = written[stream.chosen] = write_event(series, stream.chosen)
            if event:
                stream.put(event)


def write_event(series: Mapping[str, Series], chosen: frozenset[str]) -> bytes:
    """One event with the points of the chosen signals; empty when there are none.

    Args:
        series: Points by signal, ascending.
        chosen: Signals to send; the newest point of every signal when empty.
    """
    if chosen:
        shown = {name: _thin(series[name]) for name in sorted(chosen) if series.get(name)}
    else:
        shown = {name: points[-1:] for name, points in series.items() if points}
    if not shown:
        return b""
    data = {
        name: {"at_s": [at_s for at_s, _ in points], "values": [value for _, value in points]}
        for name, points in shown.items()
    }
    text = json.dumps({"signals": data}, separators=(",", ":"), allow_nan=False)
    return f"event: signals\nretry: {RETRY_MS}\ndata: {text}\n\n".encode()


def _by_signal(points: Sequence[Point]) -> Mapping[str, Series]:
    series: dict[str, list[tuple[float, float]]] = {}
    for name, at_us, value in points:
        series.setdefault(name, []).append((at_us / 1e6, value))
    return {name: sorted(series[name]) for name in sorted(series)}


def _thin(points: Series) -> Series:
    every = -(-len(points) // MAX_POINTS)
    return points[::-1][::every][::-1]
