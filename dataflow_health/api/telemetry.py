"""``/telemetry`` and ``/signals``: live signals received, their history and newest values."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, Field, model_validator
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from dataflow_health.api.auth import OperateAccess, ReadAccess
from dataflow_health.api.dependencies import EARLIEST, LATEST, PageSize, get_monitor
from dataflow_health.api.envelope import (
    LEDGER_ERRORS,
    Envelope,
    RequestRejected,
    body_format,
    error_responses,
)
from dataflow_health.api.request_models import RequestModel
from dataflow_health.api.signal_hub import PING, SignalHub, SignalStream, write_event
from dataflow_health.clock import utc_now
from dataflow_health.health.self_check import SignalsArrive
from dataflow_health.monitoring.signals.keeper import SignalKeeper
from dataflow_health.operations import signals
from dataflow_health.schemas import (
    LimitCrossing,
    LiveLimit,
    LiveSignal,
    StoredTelemetry,
    TelemetryHistory,
)
from dataflow_health.storage.signals.points import Point, SignalOrigin, find_signals
from dataflow_health.storage.signals.signal_database import from_us, to_us

router = APIRouter(tags=["live signals"])

MAX_SAMPLES = 5000
"""Samples of one request."""
MAX_POINTS = 20_000
"""Values of one request; a body of 1 MiB holds about as many."""
MAX_AHEAD = timedelta(seconds=60)
"""A time further in the future is from a wrong clock."""
MAX_SIGNALS_SHOWN = 50
"""Signals of one answer or stream."""
RETRY_AFTER_S = 1
MAX_SOURCE = 64
"""Characters of a source's name."""

SignalName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
"""Name of a signal, as a condition of an algorithm can name it."""
Value = Annotated[float, Field(allow_inf_nan=False)]
Chosen = Annotated[
    tuple[SignalName, ...],
    Query(alias="signal", max_length=MAX_SIGNALS_SHOWN, description="Name; repeatable."),
]
Instant = Annotated[AwareDatetime | None, Query(ge=EARLIEST, le=LATEST)]


SourceName = Annotated[str, Field(max_length=MAX_SOURCE, pattern=r"^([\w][\w .:/-]*)?$")]
"""Aircraft, test rig or program that sends."""
Unit = Annotated[str, Field(max_length=32, pattern=r"^[^\x00-\x1f]*$")]


class Sample(RequestModel):
    """Values of some signals at one time."""

    timestamp: Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]
    signals: Annotated[Mapping[SignalName, Value], Field(min_length=1, max_length=1000)]


class TelemetryRequest(RequestModel):
    """One sample, or several as ``samples``."""

    timestamp: Annotated[AwareDatetime | None, Field(ge=EARLIEST, le=LATEST)] = None
    signals: Annotated[Mapping[SignalName, Value], Field(max_length=1000)] = {}
    samples: Annotated[tuple[Sample, ...], Field(max_length=MAX_SAMPLES)] = ()
    source: SourceName = ""
    units: Annotated[Mapping[SignalName, Unit], Field(max_length=1000)] = {}

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        is_single = self.timestamp is not None and bool(self.signals)
        is_empty = self.timestamp is None and not self.signals
        if not (is_single and not self.samples) and not (is_empty and self.samples):
            raise ValueError("give timestamp and signals, or samples")
        if sum(len(each.signals) for each in self.samples) > MAX_POINTS:
            raise ValueError(f"at most {MAX_POINTS} values in a request; send several")
        return self

    def points(self) -> list[Point]:
        """Every value with its signal and time."""
        if self.timestamp is not None:
            at_us = to_us(self.timestamp)
            return [Point(name, at_us, value) for name, value in self.signals.items()]
        return [
            Point(name, at_us, value)
            for each in self.samples
            for at_us in [to_us(each.timestamp)]
            for name, value in each.signals.items()
        ]


def get_signals(request: Request) -> SignalKeeper:
    """Live signals of the app that serves a request."""
    keeper: SignalKeeper = request.app.state.signals
    return keeper


@router.post(
    "/telemetry",
    responses=error_responses(HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
)
async def receive_telemetry(
    request: Request, operator: OperateAccess, body: TelemetryRequest
) -> Envelope[StoredTelemetry]:
    """Store values of live signals. Answered once they are safe; sending again changes nothing."""
    keeper = get_signals(request)
    points = body.points()
    now = utc_now()
    kept = _acceptable(points, keeper.oldest_us(now), to_us(now + MAX_AHEAD))
    if kept:
        await run_in_threadpool(keeper.require_ready)
        names = {each.signal for each in kept}
        keeper.receiver.ids.require_room(names)
        source = body.source or operator.name[:MAX_SOURCE]
        origins = {name: SignalOrigin(source, body.units.get(name, "")) for name in names}
        done = keeper.receiver.submit(kept, origins)
        if done is None:
            message = f"too many values wait to be stored; try again in {RETRY_AFTER_S} s"
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            raise RequestRejected(HTTPStatus.SERVICE_UNAVAILABLE, "too_busy", message, headers)
        await asyncio.wrap_future(done)
    response = StoredTelemetry(stored=len(kept), too_old=len(points) - len(kept))
    return Envelope(data=response)


def _acceptable(points: list[Point], oldest_us: int, newest_us: int) -> list[Point]:
    latest = max(points, key=lambda each: each.at_us)
    if latest.at_us > newest_us:
        at = from_us(latest.at_us).isoformat()
        message = f"{latest.signal} at {at} is in the future; set the clock of its sender"
        raise RequestRejected(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", message)
    return [each for each in points if each.at_us >= oldest_us]


@router.get("/signals", responses=LEDGER_ERRORS)
def list_signals(request: Request, _caller: ReadAccess) -> Envelope[tuple[LiveSignal, ...]]:
    """Live signals by name, with their newest values and whether they still arrive."""
    found = signals.newest(_ready(request), utc_now(), _arrival_check(request))
    return Envelope(data=found)


@router.get("/telemetry/limits")
def list_limits(request: Request, _caller: ReadAccess) -> Envelope[tuple[LiveLimit, ...]]:
    """Limits of live signals by name, with the values beyond which each is crossed."""
    return Envelope(data=signals.limits(get_signals(request).limits()))


@router.get("/telemetry", responses=error_responses(HTTPStatus.NOT_FOUND) | LEDGER_ERRORS)
def show_telemetry(
    request: Request,
    _caller: ReadAccess,
    signal: Chosen = (),
    from_at: Instant = None,
    to_at: Instant = None,
    px: Annotated[int, Query(ge=1, le=4000, description="Width of the plot in pixels.")] = 600,
) -> Envelope[TelemetryHistory]:
    """History of live signals in a range of time: the last hour, if none is given."""
    end = to_at or utc_now()
    begin = from_at or end - timedelta(hours=1)
    if begin >= end:
        message = "from_at must be before to_at"
        raise RequestRejected(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", message)
    found = signals.history(_ready(request), signal, (begin, end), px, MAX_SIGNALS_SHOWN)
    return Envelope(data=found)


@router.get("/telemetry/crossings", responses=LEDGER_ERRORS)
def list_crossings(
    request: Request,
    _caller: ReadAccess,
    from_at: Instant = None,
    to_at: Instant = None,
    limit: PageSize = 100,
) -> Envelope[tuple[LimitCrossing, ...]]:
    """Findings of the algorithms on live signals, newest first."""
    return Envelope(data=signals.crossings(_ready(request), (from_at, to_at), limit))


@router.get(
    "/telemetry/stream",
    response_class=StreamingResponse,
    responses=body_format("text/event-stream") | LEDGER_ERRORS,
)
async def stream_telemetry(
    request: Request,
    caller: ReadAccess,
    signal: Chosen = (),
    follow: Annotated[bool, Query(description="`false`: only the newest values.")] = True,
) -> StreamingResponse:
    """Server-sent events with the new points of some signals, or the newest one of each signal.

    The first event has the newest value of every signal.
    """
    engine = await run_in_threadpool(_ready, request)
    known = await run_in_threadpool(find_signals, engine)
    newest = {each.name: [(each.last_us / 1e6, each.last_value)] for each in known}
    lasts_s = (caller.expires_at - utc_now()).total_seconds() if caller.expires_at else None
    stream = SignalStream(frozenset(signal))
    stream.put(write_event(newest, stream.chosen) or PING)
    if not follow:
        stream.is_closed = True
    body = _events(request, stream, lasts_s)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(body, media_type="text/event-stream", headers=headers)


async def _events(
    request: Request, stream: SignalStream, lasts_s: float | None
) -> AsyncIterator[bytes]:
    """Events of a stream, which is known to the server for as long as it is sent."""
    hub: SignalHub = request.app.state.signal_hub
    open_streams: set[SignalStream] = request.app.state.event_queues
    loop = asyncio.get_running_loop()
    end = None if lasts_s is None else loop.call_later(lasts_s, stream.close)
    open_streams.add(stream)
    stop_listening = hub.open(stream)
    try:
        async for event in stream.events():
            yield event
    finally:
        stop_listening()
        open_streams.discard(stream)
        if end is not None:
            end.cancel()


def _arrival_check(request: Request) -> SignalsArrive:
    """The check of silent signals, so that a list calls the same ones silent."""
    for process in get_monitor(request).config.current.processes.values():
        for check in process.checks:
            if isinstance(check, SignalsArrive):
                return check
    return SignalsArrive(kind="signals_arrive")


def _ready(request: Request) -> Engine:
    """Database of the signals, with its tables.

    Raises:
        DatabaseError: It does not answer.
    """
    keeper = get_signals(request)
    keeper.require_ready()
    return keeper.engine
