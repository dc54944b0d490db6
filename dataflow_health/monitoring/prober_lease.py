"""The lease of the one process that runs the live checks and writes the status history."""

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.sql import leases

NAME = "live_checks"


@dataclass(frozen=True, slots=True)
class ProberLease:
    """How a process takes part.

    Attributes:
        holder: Name of the process.
        rank: A higher rank takes the lease from a lower one.
        ttl: How long the lease lasts when it is not renewed.
    """

    holder: str
    rank: int
    ttl: timedelta

    def acquire(self, engine: Engine) -> bool:
        """Takes or renews the lease; whether this process holds it now.

        Raises:
            DatabaseError: The database does not answer.
        """
        return leases.acquire(engine, NAME, self.holder, rank=self.rank, ttl=self.ttl)

    def release(self, engine: Engine) -> None:
        """Frees the lease for another process.

        Raises:
            DatabaseError: The database does not answer.
        """
        leases.release(engine, NAME, self.holder)


def of_api() -> ProberLease:
    """A lease of one monitor of an API: it probes every two seconds, so it goes before Dagster."""
    return ProberLease(f"api@{_process()}:{secrets.token_hex(4)}", rank=1, ttl=timedelta(seconds=6))


def of_daemon() -> ProberLease:
    """The lease of Dagster's code server, one for all its sensors: it lasts several ticks."""
    return ProberLease(f"daemon@{_process()}", rank=0, ttl=timedelta(seconds=20))


def _process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
