"""Two recordings that were processed until store, in files that tests damage; no Spark."""

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

from dataflow_health.stages import archive_note
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import Dependencies, StageOptions, StageRequest, StageSummary
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health_tests.factories import DAY, LIMITS, dependencies
from dataflow_health_tests.stages import processed_day

Damage = Callable[[Path], None]


def delete(path: Path) -> None:
    """Removes a file."""
    path.unlink()


def flip_bit(path: Path, bit: int | None = None) -> None:
    """Changes one bit of a file: the given one, or one in the middle."""
    content = bytearray(path.read_bytes())
    byte, shift = (len(content) // 2, 3) if bit is None else divmod(bit, 8)
    content[byte] ^= 1 << shift
    path.write_bytes(bytes(content))


def no_spark() -> None:
    """Takes the place of a session that is not needed."""
    raise AssertionError("Spark was started for nothing")


@functools.cache
def _stored() -> tuple[tempfile.TemporaryDirectory[str], Path]:
    kept = tempfile.TemporaryDirectory()
    folder = Path(kept.name)
    flights = [processed_day.make_flight(f"HB-ZA{n}", 6, n, duration_s=600) for n in range(2)]
    archives = {f"{name}.zip": {f"{name}.rdf": raw} for name, _, raw in flights}
    processed_day.land_archives(folder / "landing", archives)
    deps = dependencies(folder)
    processed_day.run_stages(deps, folder / "landing", no_spark, until="store")
    deps.engine.dispose()
    return kept, folder


def make(folder: Path) -> Dependencies:
    """A copy of the processed landing folder, ledger and lake."""
    _, stored = _stored()
    copytree(stored, folder, dirs_exist_ok=True)
    return dependencies(folder)


def run(deps: Dependencies, stage: str, *, landing: Path | None = None) -> StageSummary:
    """Runs a stage again, for everything that is there."""
    options = StageOptions(str(landing or ""), 0, LIMITS, "zst", no_spark)
    request = StageRequest(DAY, f"again-{stage}", force=stage != "download")
    return CHAIN[STAGES.index(stage)].run(deps, request, options)


def records(deps: Dependencies, stage: str) -> list[StageRecord]:
    """Records of a stage."""
    return stage_records.find(deps.engine, stage=stage, day=DAY)


def file_of(deps: Dependencies, stage: str, id_: str) -> Path:
    """The file that a stage made of an archive or recording, not the note beside it."""
    found = (each for each in deps.lake.files(stage) if not each.endswith(archive_note.SUFFIX))
    path = next(each for each in found if id_ in each)
    return Path(deps.lake.path(path).removeprefix("file://"))
