"""``/events``: status changes as server-sent events; a client can resume by the last event's id.

The id of an event is the id of its row in the history. A change published while the ledger is
unreachable has no row yet and carries the last known id: after a reconnect it is sent again, so a
client may see it twice but never misses it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.clock import utc_now
from dataflow_health.errors import DatabaseError
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.storage.records import status_changes
from dataflow_health.storage.records.status_changes import StatusChangeRow

router = APIRouter(tags=["status"])

MAX_PENDING = 1000
"""Batches queued for a slow client; when full, the stream ends and the client resumes it."""
RETRY_MS = 2000
"""Time after which a client reconnects."""

LastEventId = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=2**62)]
Follow = Annotated[bool, Query(description="`false`: send the past events, then end.")]


@router.get("/events", response_class=EventSourceResponse)
async def stream_events(
    request: Request,
    caller: ReadAccess,
    last_event_id: LastEventId = None,
    follow: Follow = True,
) -> AsyncIterator[ServerSentEvent]:
    """First a ``status`` event with every status, then a ``status_change`` event for each change.

    With ``Last-Event-ID``, all changes since that event are sent first. The ``EventSource`` of a
    browser sends this header by itself when it reconnects.
    """
    queues: set[EventQueue] = request.app.state.event_queues
    lasts_s = (caller.expires_at - utc_now()).total_seconds() if caller.expires_at else None
    monitor = get_monitor(request)
    async for event in event_stream(monitor, queues, last_event_id, follow=follow, lasts_s=lasts_s):
        yield event


async def event_stream(
    monitor: Monitor,
    queues: set["EventQueue"],
    last_id: int | None,
    *,
    follow: bool,
    lasts_s: float | None = None,
) -> AsyncIterator[ServerSentEvent]:
    """Events for one client.

    Args:
        monitor: Source of the report and of new changes.
        queues: Open queues; this stream's queue is one of them until the stream ends.
        last_id: Id of the last event the client has; None to start with the current state.
        follow: Whether to wait for new changes once the past ones are sent.
        lasts_s: Seconds after which the stream ends; None for no end.
    """
    loop = asyncio.get_running_loop()
    queue = EventQueue(loop)
    queues.add(queue)
    end = None if lasts_s is None else loop.call_later(lasts_s, queue.close)
    stop_listening = monitor.listen(queue.put)
    try:
        snapshot = await run_in_threadpool(monitor.snapshot)
        newest_id = await run_in_threadpool(_newest_id, monitor)
        sent_id = newest_id if last_id is None else last_id
        yield _status_event(snapshot.report, sent_id)
        async for change in _past_changes(monitor, sent_id):
            sent_id = change.id
            yield _change_event(change, sent_id)
        while follow and not queue.is_closed:
            for change in await queue.get():
                if change.id and change.id <= sent_id:
                    continue  # already sent from the history
                sent_id = change.id or sent_id
                yield _change_event(change, sent_id)
    finally:
        stop_listening()
        queues.discard(queue)
        if end is not None:
            end.cancel()


class EventQueue:
    """Queue of status changes from the monitor's threads to one client's event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Creates an empty queue.

        Args:
            loop: Event loop that serves the client.
        """
        self._loop = loop
        self._queue: asyncio.Queue[Sequence[StatusChangeRow]] = asyncio.Queue(MAX_PENDING)
        self.is_closed = False

    def put(self, changes: Sequence[StatusChangeRow]) -> None:
        """Adds changes; safe from any thread. Closes the queue when it is full."""
        self._loop.call_soon_threadsafe(self._put, changes)

    def close(self) -> None:
        """Ends the stream; the client reconnects and resumes. Call from the event loop."""
        self.is_closed = True
        self._put(())

    async def get(self) -> Sequence[StatusChangeRow]:
        """Next changes; none when the queue was closed."""
        return await self._queue.get()

    def _put(self, changes: Sequence[StatusChangeRow]) -> None:
        try:
            self._queue.put_nowait(changes)
        except asyncio.QueueFull:
            self.is_closed = True


def _newest_id(monitor: Monitor) -> int:
    try:
        return status_changes.latest_id(monitor.engine)
    except DatabaseError:
        return 0


async def _past_changes(monitor: Monitor, after_id: int) -> AsyncIterator[StatusChangeRow]:
    """Changes in the history after an id; none when the history cannot be read."""
    while True:
        try:
            changes = await run_in_threadpool(status_changes.read_after, monitor.engine, after_id)
        except DatabaseError:
            return
        if not changes:
            return
        for change in changes:
            yield change
        after_id = changes[-1].id


def _status_event(report: HealthReport, event_id: int) -> ServerSentEvent:
    data: dict[str, Any] = {
        "at": report.at.isoformat(),
        "status": report.status,
        "processes": {each.name: each.status for each in report.processes},
    }
    return ServerSentEvent(event="status", data=data, id=str(event_id), retry=RETRY_MS)


def _change_event(change: StatusChangeRow, event_id: int) -> ServerSentEvent:
    data: dict[str, Any] = {
        "process": change.process,
        "before": change.from_status or None,
        "after": change.to_status or None,
        "reason": change.reason,
        "at": change.at.isoformat(),
    }
    return ServerSentEvent(event="status_change", data=data, id=str(event_id))
