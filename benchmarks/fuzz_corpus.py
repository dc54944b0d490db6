"""Damaged files that are kept: every crash, and one for each way in which a parser refuses.

``python -m benchmarks.fuzz_corpus`` adds those of new refusals; ``benchmarks.reliability`` adds
crashes. The tests read all of them with every change.
"""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from benchmarks.reliability_fuzz import SEED, Target, damage, targets

FOLDER = Path(__file__).parents[1] / "dataflow_health_tests" / "fuzz_corpus"
TRIED = 1_500
MOST_BYTES = 4_096
MOST_FILES = 12
"""Files of one kind; crashes are kept beyond it."""


def folder_of(target: Target) -> Path:
    """Folder of the kept files of one kind."""
    return FOLDER / re.sub(r"\W+", "_", target.name).strip("_").lower()


def kept(target: Target) -> Iterator[bytes]:
    """The kept files of one kind, by name."""
    for path in sorted(folder_of(target).glob("*.bin")):
        yield path.read_bytes()


def keep(target: Target, content: bytes) -> Path:
    """Keeps a file."""
    path = folder_of(target) / f"{hashlib.sha256(content).hexdigest()[:12]}.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def outcome(target: Target, content: bytes, folder: Path) -> str:
    """How a file is read: ``read``, or the words of its refusal without names and numbers."""
    try:
        target.read(content, folder)
    except target.refusals as error:
        words = getattr(error, "reason", "") or str(error)
        return re.sub(r"[^a-zA-Z ]+", "", str(words))[:40]
    return "read"


def collect(target: Target, folder: Path) -> int:
    """Keeps one small file for each outcome that none has yet; returns how many were added."""
    random = Random(f"{SEED} corpus {target.name}")
    seen = {outcome(target, each, folder) for each in kept(target)}
    added = 0
    for _ in range(TRIED):
        content = damage(random.choice(target.valid), random)
        if len(content) > MOST_BYTES or len(seen) >= MOST_FILES:
            continue
        found = outcome(target, content, folder)
        if found not in seen:
            seen.add(found)
            keep(target, content)
            added += 1
    return added


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        for each in targets():
            print(f"{each.name}: {collect(each, Path(temporary))} added")
