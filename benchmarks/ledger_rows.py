"""Rows of archives and recordings for a synthetic ledger."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

Row = Mapping[str, object]


def make_id(name: object) -> str:
    """Id of an archive or recording: the SHA-256 of its name instead of its bytes."""
    return hashlib.sha256(f"{name}".encode()).hexdigest()


def archive_row(archive_id: str, name: str, arrived_at: datetime) -> Row:
    """A row of the table ``archive``."""
    return {
        "id": archive_id,
        "name": name,
        "source": "landing",
        "size_bytes": 3_000_000,
        "arrival_day": arrived_at.date().isoformat(),
        "arrived_at": arrived_at,
        "received_at": arrived_at,
        "received_by": "benchmark",
        "path": f"download/{name}",
    }


def arrival_row(archive: Row) -> Row:
    """A row of the table ``arrival`` for an accepted archive."""
    shared = ("source", "name", "size_bytes", "arrived_at", "arrival_day")
    return {
        **{key: archive[key] for key in shared},
        "archive_id": archive["id"],
        "modified_at": archive["arrived_at"],
        "outcome": "accepted",
        "seen_at": archive["arrived_at"],
    }


def recording_row(recording_id: str, archive: Row, tail: str) -> Row:
    """A row of the table ``recording``."""
    return {
        "id": recording_id,
        "archive_id": archive["id"],
        "member": f"{recording_id[:8]}.rdf",
        "recorder": "generic_rdf",
        "layout": "generic_twin_256",
        "tail": tail,
        "size_bytes": 2_760_000,
        "arrival_day": archive["arrival_day"],
        "arrived_at": archive["arrived_at"],
    }


def member_row(recording: Row) -> Row:
    """A row of the table ``member`` for a recording."""
    return {
        "archive_id": recording["archive_id"],
        "path": recording["member"],
        "arrival_day": recording["arrival_day"],
        "outcome": "recording",
        "recording_id": recording["id"],
        "size_bytes": recording["size_bytes"],
    }
