"""Live signals: what a producer sends, and what is shown of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dataflow_health.client.connection import Connection, iso
from dataflow_health.schemas import LimitCrossing, LiveSignal, StoredTelemetry, TelemetryHistory

Sample = tuple[datetime, Mapping[str, float]]
"""A time, and the values of some signals then."""


class LiveSignals(Connection):
    """Requests for live signals."""

    def send_samples(self, *samples: Sample) -> StoredTelemetry:
        """Stores values; when it returns they are safe. Sending them again changes nothing.

        Raises:
            ApiUnreachable: The API cannot store them now; send them again later.
            ApiError: The API refuses them.
        """
        listed = [{"timestamp": at.isoformat(), "signals": dict(each)} for at, each in samples]
        return self._post(StoredTelemetry, "/telemetry", {"samples": listed})

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

    def crossings(
        self, *, from_at: datetime | None = None, to_at: datetime | None = None, limit: int = 100
    ) -> tuple[LimitCrossing, ...]:
        """Findings of the algorithms on live signals, newest first."""
        query = {"from_at": iso(from_at), "to_at": iso(to_at), "limit": limit}
        return self._get_model(tuple[LimitCrossing, ...], "/telemetry/crossings", query)
