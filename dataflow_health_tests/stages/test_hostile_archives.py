"""Every archive of the hostile corpus is refused with its name and reason, and stops no other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dataflow_health.stages import download, extract
from dataflow_health.storage.ledger import pending, stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health_tests.factories import (
    DAY,
    LIMITS,
    NOON,
    dependencies,
    land,
    stage_request,
    zipped,
)
from dataflow_health_tests.stages.hostile_archives import CORPUS


def test_the_whole_corpus_on_one_day_leaves_every_sound_recording(tmp_path: Path) -> None:
    deps = dependencies(tmp_path)
    landing = tmp_path / "landing"
    for name, (build, _, _) in CORPUS.items():
        land(landing, f"{name}.zip", build(), NOON)
    land(landing, "sound.zip", zipped({"HB-ZAB_20261120T090000Z.rdf": b"sound"}), NOON)
    download.run(deps, stage_request(), url=str(landing), settle_s=0)
    summary = extract.run(deps, stage_request(), limits=LIMITS)
    assert (summary.done, summary.quarantined) == (1, len(CORPUS))
    found = stage_records.find(deps.engine, stage="extract", day=DAY, states=["quarantined"])
    assert {row.archive: row.reason for row in found} == {
        f"{name}.zip": reason for name, (_, reason, _) in CORPUS.items()
    }
    assert all(row.detail for row in found)
    saved = pending.recordings(deps.engine, "parse", DAY, lambda _row: "1")
    assert len(saved) == 1 + sum(recordings for _, _, recordings in CORPUS.values())
    assert all(each.balances for each in stage_counts(deps.engine, NOON, DAY))


@pytest.mark.parametrize("error", [IndexError("x"), MemoryError(), RecursionError(), KeyError("k")])
def test_a_member_whose_identification_crashes_is_refused_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    deps = dependencies(tmp_path)
    identify: Callable[..., object] = extract.identify

    def crash_on_first(archive: str, path: str, recorders: object) -> object:
        if path.startswith("HB-ZAA"):
            raise error
        return identify(archive, path, recorders)

    monkeypatch.setattr(extract, "identify", crash_on_first)
    members = {f"HB-{tail}_20261120T081200Z.rdf": tail.encode() for tail in ("ZAA", "ZAB")}
    land(tmp_path / "landing", "a.zip", zipped(members), NOON)
    download.run(deps, stage_request(), url=str(tmp_path / "landing"), settle_s=0)
    assert extract.run(deps, stage_request(), limits=LIMITS).quarantined == 1
    [row] = stage_records.find(deps.engine, stage="extract", day=DAY)
    assert row.reason == ("out_of_memory" if isinstance(error, MemoryError) else "unexpected_error")
    assert f"HB-ZAA_20261120T081200Z.rdf: {type(error).__name__}" in str(row.detail)
    [saved] = pending.recordings(deps.engine, "parse", DAY, lambda _row: "1")
    assert saved.tail == "HB-ZAB"
