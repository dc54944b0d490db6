"""Brings archives into the landing folder, each whole or not at all."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from dataflow_health import masking
from dataflow_health.errors import NotAllowed
from dataflow_health.storage.files.lake import sync_folder
from dataflow_health.storage.files.source_names import SIDECAR

Outcome = Literal["landed", "present", "refused"]


class LandingResult(NamedTuple):
    """What became of one file.

    Attributes:
        file: Path as it was given.
        outcome: ``landed``, ``present`` when the same bytes are there already, or ``refused``.
        detail: Path in the landing folder, or the reason.
    """

    file: str
    outcome: Outcome
    detail: str


def land(source_url: str, files: Sequence[Path]) -> list[LandingResult]:
    """Copies archives into the landing folder; one that is refused stops no other.

    Each gets its name there only when it is complete and on the disk, and never the place of
    another archive. Its time is the present one: that is when it arrives.

    Args:
        source_url: Source of the archives in the settings.
        files: The archives.

    Raises:
        NotAllowed: The source is not a folder on this machine, or is not there.
    """
    if "://" in source_url:
        place = masking.mask_url(source_url)
        raise NotAllowed(f"archives come from {place}: upload them there by its own tools")
    folder = Path(source_url)
    if not folder.is_dir():
        raise NotAllowed(f"there is no landing folder {folder}: dataflow-health up creates it")
    return [_land(each, folder) for each in files]


def _land(file: Path, folder: Path) -> LandingResult:
    try:
        if problem := _problem(file):
            return LandingResult(str(file), "refused", problem)
        return _copy(file, folder / file.name)
    except OSError as error:
        return LandingResult(str(file), "refused", str(error))


def _problem(file: Path) -> str:
    """Reason why a file is no archive that can be taken; empty when it is one."""
    if not file.is_file():
        return "there is no such file"
    if file.suffix.lower() != ".zip" or file.name.startswith("."):
        return "recordings arrive in zip archives, named .zip"
    return "" if zipfile.is_zipfile(file) else "it is not a whole zip archive"


def _copy(file: Path, target: Path) -> LandingResult:
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with file.open("rb") as given, part.open("xb") as written:
            shutil.copyfileobj(given, written, 1 << 20)
            written.flush()
            os.fsync(written.fileno())
        digest = _digest(part)
        if problem := _sidecar_problem(file, digest):
            return LandingResult(str(file), "refused", problem)
        try:
            target.hardlink_to(part)
        except FileExistsError:
            return _compare(file, target, digest)
        sync_folder(target.parent)
        return LandingResult(str(file), "landed", str(target))
    finally:
        part.unlink(missing_ok=True)


def _compare(file: Path, target: Path, digest: str) -> LandingResult:
    if target.is_file() and _digest(target) == digest:
        return LandingResult(str(file), "present", str(target))
    detail = f"another archive of this name is at {target}: land it under another name"
    return LandingResult(str(file), "refused", detail)


def _sidecar_problem(file: Path, digest: str) -> str:
    """Says when the archive differs from the digest that stands beside it."""
    sidecar = file.with_name(file.name + SIDECAR)
    if not sidecar.is_file():
        return ""
    declared = sidecar.read_text("utf-8", "replace").split()[:1]
    if declared == [digest]:
        return ""
    return f"its SHA-256 is {digest}, and {sidecar.name} says {' '.join(declared) or 'nothing'}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
