import dataclasses
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.operations import canary_digests
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.factories import DAY, dependencies

RECORDER = Arinc717Recorder(kind="arinc717", members=(".",))


@pytest.fixture(scope="module")
def decoded() -> DecodedRecording:
    with zipfile.ZipFile(canary_digests.ARCHIVE_FILE) as archive:
        content = max((archive.read(name) for name in archive.namelist()), key=len)
    return decode(content, RECORDER, generic_layout())


def test_every_stage_has_a_known_digest() -> None:
    assert list(canary_digests.known_digests()) == list(STAGES)
    assert json.loads(canary_digests.KNOWN_DIGESTS.read_text()) == canary_digests.known_digests()


def test_a_single_bit_of_a_count_changes_the_digest(decoded: DecodedRecording) -> None:
    name, series = sorted(decoded.series.items())[-1]
    counts = series.counts.copy()
    counts[-1, -1] ^= 1
    changed = dataclasses.replace(series, counts=counts)
    other = dataclasses.replace(decoded, series={**decoded.series, name: changed})
    assert canary_digests.digest_counts(other) != canary_digests.digest_counts(decoded)


def test_the_order_of_parameters_and_the_width_of_integers_do_not(
    decoded: DecodedRecording,
) -> None:
    wide = {
        name: dataclasses.replace(series, counts=series.counts.astype(np.int64))
        for name, series in reversed(decoded.series.items())
    }
    other = dataclasses.replace(decoded, series=wide)
    assert canary_digests.digest_counts(other) == canary_digests.digest_counts(decoded)


def test_rows_differ_by_their_values_and_column_names_but_not_by_rounding() -> None:
    row = {"start_s": 0.1 + 0.2, "detail": "x"}
    digest = canary_digests.digest_rows([row])
    assert canary_digests.digest_rows([row | {"start_s": 0.3}]) == digest
    assert canary_digests.digest_rows([row | {"start_s": 0.31}]) != digest
    assert canary_digests.digest_rows([{"begin_s": 0.3, "detail": "x"}]) != digest


def test_a_stage_that_finished_nothing_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 results, not 1"):
        canary_digests.digest(dependencies(tmp_path), "parse", DAY)
