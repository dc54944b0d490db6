from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from dataflow_health.errors import ApiError, ApiUnreachable
from dataflow_health.simulator import signal_producer
from dataflow_health.simulator.signal_producer import Sample, SignalProducer
from dataflow_health.simulator.signal_waves import signal_waves

START = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)


class Receiver:
    """Receives samples while it is up."""

    def __init__(self) -> None:
        self.is_up = True
        self.attempts = 0
        self.received: list[Sample] = []

    def send(self, samples: Sequence[Sample]) -> None:
        self.attempts += 1
        if not self.is_up:
            raise ApiUnreachable("away")
        self.received.extend(samples)


def test_samples_are_sent_when_they_are_due() -> None:
    receiver = Receiver()
    producer = SignalProducer(signal_waves(1.0, 1), receiver.send, START)
    assert [producer.step(START + timedelta(seconds=s)) for s in (0, 0.5, 1, 4)] == [1, 0, 1, 3]
    assert [at for at, _ in receiver.received] == [START + timedelta(seconds=n) for n in range(5)]
    assert producer.kept == 0


def test_what_could_not_be_sent_is_sent_later_in_order_after_ever_longer_pauses() -> None:
    receiver = Receiver()
    producer = SignalProducer(signal_waves(1.0, 1), receiver.send, START)
    receiver.is_up = False
    tenths = range(0, 600)
    assert sum(producer.step(START + timedelta(seconds=n / 10)) for n in tenths) == 0
    assert 5 <= receiver.attempts <= 9
    assert producer.kept == 60
    receiver.is_up = True
    assert producer.step(START + timedelta(seconds=110)) == 111
    assert [at for at, _ in receiver.received] == [START + timedelta(seconds=n) for n in range(111)]


def test_the_oldest_samples_go_when_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal_producer, "MAX_KEPT", 10)
    receiver = Receiver()
    receiver.is_up = False
    producer = SignalProducer(signal_waves(1.0, 1), receiver.send, START)
    producer.step(START + timedelta(seconds=30))
    assert producer.kept == 10


def test_a_refusal_ends_the_producer() -> None:
    def refuse(_: Sequence[Sample]) -> None:
        raise ApiError("the key may read only")

    with pytest.raises(ApiError, match="read only"):
        SignalProducer(signal_waves(1.0, 1), refuse, START).step(START)
