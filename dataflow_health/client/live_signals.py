"""Live signals: what a producer sends, and what is shown of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from dataflow_health.client.connection import Connection, iso
from dataflow_health.schemas import (
    LimitCrossing,
    LiveLimit,
    LiveSignal,
    StoredTelemetry,
    TelemetryHistory,
)

Sample = tuple[datetime, Mapping[str, float]]
"""A time, and the values of some signals then."""


class LiveSignals(Connection):
    """Requests for live signals."""

    def send_samples(
        self, *samples: Sample, source: str = "", units: Mapping[str, str] = MappingProxyType({})
    ) -> StoredTelemetry:
        """Stores values; when it returns they are safe. Sending them again changes nothing.

        Args:
            samples: Times with their values.
            source: Aircraft, test rig or program they are of; the key's name when empty.
            units: Unit by name of the signal; those left out stay as they were.

        Raises:
            ApiUnreachable: The API cannot store them now; send them again later.
            ApiError: The API refuses them.
        """
        listed = [{"timestamp": at.isoformat(), "signals": dict(each)} for at, each in samples]
        body = {"samples": listed, "source": source, "units": dict(units)}
        return self._post(StoredTelemetry, "/telemetry", body)

    def live_signals(self) -> tuple[LiveSignal, ...]:
        """All signals by name, with their newest values."""
        return self._get_model(tuple[LiveSignal, ...], "/signals")

    def telemetry(
        self,
        signals: Sequence[str] = (),
        *,
        from_at: datetime | None = None,
        to_at: datetime | None = None,
        px: int = 600,
    ) -> TelemetryHistory:
        """History of signals, of the last hour if no range is given.

        Args:
            signals: Names of the signals; the first ones by name when empty.
            from_at: Begin of the range.
            to_at: End of the range.
            px: Width of the plot in pixels.

        Raises:
            NotFound: No signal has one of the names.
        """
        query = {"signal": list(signals), "from_at": iso(from_at), "to_at": iso(to_at), "px": px}
        return self._get_model(TelemetryHistory, "/telemetry", query)

    def live_limits(self) -> tuple[LiveLimit, ...]:
        """Limits of live signals by name."""
        return self._get_model(tuple[LiveLimit, ...], "/telemetry/limits")

    def crossings(
        self, *, from_at: datetime | None = None, to_at: datetime | None = None, limit: int = 100
    ) -> tuple[LimitCrossing, ...]:
        """Findings of the algorithms on live signals, newest first."""
        query = {"from_at": iso(from_at), "to_at": iso(to_at), "limit": limit}
        return self._get_model(tuple[LimitCrossing, ...], "/telemetry/crossings", query)
