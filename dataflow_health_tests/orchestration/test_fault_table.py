"""A few rows of ``docs/faults.md``, made anew: the whole table is ``benchmarks/fault_table.py``."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fault_cases import CASES
from benchmarks.fault_table import Table
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.factories import catalogue

QUICK = [case for case in CASES if case.quick]
PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield Table(tmp_path_factory.mktemp("faults"))


@pytest.mark.spark
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.says.replace(" ", "_"))
def test_exactly_the_cause_is_failed_on_every_face(table: Table, case) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert table.see(case).wrong == ()


def test_every_stage_and_every_process_around_them_is_struck_once_at_least() -> None:
    struck = {name for case in CASES for name in case.failed}
    assert struck >= {*STAGES, *catalogue().processes}
    assert len(CASES) >= 20
    assert sum(len(case.failed) > 1 for case in CASES) >= 4


def test_the_page_has_a_row_for_every_case() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [case.says for case in CASES if f"| {case.says} |" not in page] == []
