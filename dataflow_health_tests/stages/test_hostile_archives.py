"""Every archive of the hostile corpus is refused with its name and reason, and stops no other."""

from dataclasses import replace
from pathlib import Path

import pytest

from dataflow_health.stages import download, extract
from dataflow_health.stages.sandbox.limits import SandboxLimits
from dataflow_health.stages.sandbox.pool import Sandbox
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
from dataflow_health_tests.inline_sandbox import InlineSandbox
from dataflow_health_tests.stages.hostile_archives import CORPUS


@pytest.mark.slow
@pytest.mark.parametrize(
    "sandbox",
    [InlineSandbox, pytest.param(Sandbox, marks=pytest.mark.server)],
)
def test_the_whole_corpus_on_one_day_leaves_every_sound_recording(
    tmp_path: Path, sandbox: type[Sandbox]
) -> None:
    deps = replace(dependencies(tmp_path), sandbox=sandbox(SandboxLimits()))
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
    assert list((tmp_path / "lake/extract/.work" / DAY).iterdir()) == []
    deps.sandbox.close()
