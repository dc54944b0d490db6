"""Some rows of ``docs/faults.md``; ``benchmarks/fault_table.py`` verifies the whole table."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.fault_cases import CASES
from benchmarks.fault_table import FaultTable
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.factories import catalogue

QUICK = [case for case in CASES if case.quick]
PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultTable]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield FaultTable(tmp_path_factory.mktemp("faults"))


@pytest.mark.spark
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.description.replace(" ", "_"))
def test_exactly_the_cause_is_failed_in_every_interface(table: FaultTable, case) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert table.run_case(case).errors == ()


def test_every_process_has_a_fault() -> None:
    failed = {name for case in CASES for name in case.failed}
    assert failed >= {*STAGES, *catalogue().processes}
    assert len(CASES) >= 20
    assert sum(len(case.failed) > 1 for case in CASES) >= 4


def test_the_page_has_a_row_for_every_case() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [case.description for case in CASES if f"| {case.description} |" not in page] == []
