"""Builders of what tests need, with sensible defaults."""

import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import ArchiveRefused
from dataflow_health.stages.safe_zip import Limits, members
from dataflow_health.stages.sandbox.limits import SandboxLimits
from dataflow_health.stages.stage import Dependencies, StageRequest
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.inline_sandbox import InlineSandbox
from dataflow_health_tests.ledgers import open_ledger

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = "2026-11-20"
LIMITS = Limits(total_bytes=64 << 20, ratio=200.0, members=100, depth=2)


class Clock:
    """A clock that moves one second each time it is read, like a slow afternoon."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@cache
def catalogue() -> Catalogue:
    """What the package declares; it is frozen, so all tests share one."""
    return config.load(BUILTIN_FOLDER)


def dependencies(
    folder: Path, engine: Engine | None = None, declared: Catalogue | None = None
) -> Dependencies:
    """Dependencies on real files and a real database."""
    if engine is None:
        engine = open_ledger(f"sqlite:///{folder / 'ledger.sqlite'}")
    return Dependencies(
        engine=engine,
        lake=Lake((folder / "lake").as_uri()),
        catalogue=declared or catalogue(),
        clock=Clock(),
        workers=2,
        sandbox=InlineSandbox(SandboxLimits()),
    )


def stage_request(day: str = DAY, *, force: bool = False) -> StageRequest:
    """A request for a day."""
    return StageRequest(day, "run-1", force=force)


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip of members."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2026, 11, 20, 8, 0, 0))
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def unzipped(content: bytes, limits: Limits = LIMITS) -> dict[str, bytes | ArchiveRefused]:
    """Bytes of each member of a zip, or its refusal, by path."""
    with tempfile.TemporaryDirectory() as folder:
        return {
            each.path: each.file.read_bytes() if each.file else each.refusal
            for each in members(io.BytesIO(content), limits, Path(folder))
        }


def land(folder: Path, name: str, content: bytes, at: datetime = NOON) -> Path:
    """Puts a file into a landing folder as of an instant."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path
