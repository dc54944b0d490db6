import asyncio
import itertools
import json
from typing import Any

import pytest

from dataflow_health.api import signal_hub
from dataflow_health.api.signal_hub import MAX_POINTS, SignalHub, SignalStream, write_event
from dataflow_health.storage.signals.points import Point


def signals(event: bytes) -> Any:
    data = next(line for line in event.decode().splitlines() if line.startswith("data:"))
    return json.loads(data.removeprefix("data:"))["signals"]


def test_an_event_has_all_points_of_the_chosen_signals() -> None:
    series = {"a": [(1.0, 5.0), (2.0, 6.0)], "b": [(1.0, 7.0)]}
    chosen = write_event(series, frozenset({"a", "c"}))
    assert signals(chosen) == {"a": {"at_s": [1.0, 2.0], "values": [5.0, 6.0]}}
    assert chosen.startswith(b"event: signals\n")
    assert chosen.endswith(b"\n\n")


def test_without_a_choice_an_event_has_the_newest_point_of_each_signal() -> None:
    series = {"a": [(1.0, 5.0), (2.0, 6.0)], "b": [(1.0, 7.0)]}
    assert signals(write_event(series, frozenset())) == {
        "a": {"at_s": [2.0], "values": [6.0]},
        "b": {"at_s": [1.0], "values": [7.0]},
    }


def test_there_is_no_event_when_no_chosen_signal_has_a_point() -> None:
    assert write_event({"b": [(1.0, 7.0)]}, frozenset({"a"})) == b""
    assert write_event({}, frozenset()) == b""


def test_too_many_points_are_thinned_evenly_and_the_newest_stays() -> None:
    series = {"a": [(float(n), float(n)) for n in range(5 * MAX_POINTS)]}
    values = signals(write_event(series, frozenset({"a"})))["a"]["values"]
    assert len(values) == MAX_POINTS
    assert values[-1] == 5 * MAX_POINTS - 1
    assert {later - earlier for earlier, later in itertools.pairwise(values)} == {5.0}


def test_points_of_a_short_time_are_one_event_which_is_written_once_for_all_streams(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signal_hub, "PUSH_EVERY_S", 0.01)

    async def pushed() -> list[bytes]:
        hub = SignalHub()
        streams = [SignalStream(frozenset({"a"})) for _ in range(3)]
        ends = [hub.open(stream) for stream in streams]
        hub.publish([Point("a", 2_000_000, 1.0), Point("b", 1, 1.0)])
        hub.publish([Point("a", 1_000_000, 2.0)])
        events = [await anext(stream.events()) for stream in streams]
        for end in ends:
            end()
        assert not hub.streams
        hub.publish([Point("a", 3_000_000, 1.0)])  # for no one
        return events

    events = asyncio.run(pushed())
    assert signals(events[0]) == {"a": {"at_s": [1.0, 2.0], "values": [2.0, 1.0]}}
    assert events[0] is events[1] is events[2]


def test_a_client_that_reads_too_slowly_loses_its_stream_after_what_waits_for_it() -> None:
    async def read() -> list[bytes]:
        stream = SignalStream(frozenset())
        for number in range(signal_hub.MAX_EVENTS + 1):
            stream.put(b"%d" % number)
        assert stream.is_closed
        return [event async for event in stream.events()]

    assert len(asyncio.run(read())) == signal_hub.MAX_EVENTS


def test_an_idle_stream_sends_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_hub, "SILENCE_S", 0.01)

    async def read() -> bytes:
        return await anext(SignalStream(frozenset()).events())

    assert asyncio.run(read()) == signal_hub.PING


def test_a_stream_that_is_closed_wakes_and_ends() -> None:
    async def read() -> list[bytes]:
        stream = SignalStream(frozenset())
        asyncio.get_running_loop().call_later(0.01, stream.close)
        return [event async for event in stream.events()]

    assert asyncio.run(read()) == [b""]
