"""``/events``: transitions as they happen, by server-sent events that can be resumed.

An event's id is its place in the history. One told while the ledger is away has no place yet and
carries the last known id, so that after a reconnect it comes again: twice at worst, never lost.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import body_format
from dataflow_health.errors import DatabaseError
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.storage.records import status_changes
from dataflow_health.storage.records.status_changes import Transition

router = APIRouter(tags=["status"])

QUIET_S = 10.0
"""A comment is sent after this long without an event, so that a dead line is noticed."""
MAX_PENDING = 1000
"""Events that wait for a slow reader; then it is cut off, and resumes by its last id."""
RETRY_MS = 2000
STREAM = "text/event-stream"

LastId = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=2**62)]
Follow = Annotated[bool, Query(description="False: give what is there, and end.")]


@router.get("/events", response_class=StreamingResponse, responses=body_format(STREAM))
async def events(
    request: Request,
    _who: ReadAccess,
    last_event_id: LastId = None,
    follow: Follow = True,
) -> StreamingResponse:
    """First a ``status`` event with every status, then a ``status_change`` event for each change.

    With ``Last-Event-ID``, everything since that event comes first; a browser's EventSource sends
    it by itself after a reconnect.
    """
    stream = _stream(get_monitor(request), request.app.state.lines, last_event_id, follow)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type=STREAM, headers=headers)


async def _stream(
    watch: Monitor, lines: set["EventQueue"], last_id: int | None, follow: bool
) -> AsyncIterator[str]:
    line = EventQueue(asyncio.get_running_loop())
    lines.add(line)
    stop = watch.listen(line.put)
    try:
        snapshot = await run_in_threadpool(watch.snapshot)
        newest = await run_in_threadpool(_newest, watch)
        place = newest if last_id is None else last_id
        yield f"retry: {RETRY_MS}\n" + _event("status", place, _board(snapshot.report))
        async for row in _missed(watch, place):
            place = row.id
            yield _event("status_change", place, _transition(row))
        while follow and not line.is_cut:
            rows = await line.next()
            for row in rows:
                if row.id and row.id <= place:
                    continue
                place = row.id or place
                yield _event("status_change", place, _transition(row))
            if not rows:
                yield ": still here\n\n"
    finally:
        stop()
        lines.discard(line)


class EventQueue:
    """From the watch's threads to one reader."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """A line of a loop."""
        self._loop = loop
        self._queue: asyncio.Queue[Sequence[Transition]] = asyncio.Queue(MAX_PENDING)
        self.is_cut = False

    def put(self, rows: Sequence[Transition]) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self._put, rows)

    def cut(self) -> None:
        """Ends it; whoever reads reconnects and resumes."""
        self.is_cut = True
        self._put(())

    def _put(self, rows: Sequence[Transition]) -> None:
        try:
            self._queue.put_nowait(rows)
        except asyncio.QueueFull:
            self.is_cut = True

    async def next(self) -> Sequence[Transition]:
        """The next rows; none after a while of quiet, or when it is cut."""
        try:
            return await asyncio.wait_for(self._queue.get(), QUIET_S)
        except TimeoutError:
            return ()


def _newest(watch: Monitor) -> int:
    try:
        return status_changes.newest_id(watch.engine)
    except DatabaseError:
        return 0


async def _missed(watch: Monitor, place: int) -> AsyncIterator[Transition]:
    while True:
        try:
            rows = await run_in_threadpool(status_changes.after, watch.engine, place)
        except DatabaseError:
            return
        if not rows:
            return
        for row in rows:
            yield row
        place = rows[-1].id


def _event(kind: str, place: int, data: dict[str, Any]) -> str:
    return f"id: {place}\nevent: {kind}\ndata: {json.dumps(data)}\n\n"


def _board(report: HealthReport) -> dict[str, Any]:
    return {
        "at": report.at.isoformat(),
        "status": report.status,
        "processes": {each.name: each.status for each in report.processes},
    }


def _transition(row: Transition) -> dict[str, Any]:
    return {
        "process": row.process,
        "before": row.from_status or None,
        "after": row.to_status or None,
        "reason": row.reason,
        "at": row.at.isoformat(),
    }
