"""A ledger filled with a small fleet, on either database."""

import pytest
from sqlalchemy import Engine

from benchmarks.filled_ledger import fill_ledger
from dataflow_health_tests.factories import catalogue
from dataflow_health_tests.installation import SIZE


@pytest.fixture
def ledger(engine: Engine) -> Engine:
    fill_ledger(engine, catalogue(), SIZE)
    return engine
