import gc

import pytest

from dataflow_health.cli import importing


def test_garbage_is_collected_again_after_imports_that_failed_as_well() -> None:
    frozen = gc.get_freeze_count()
    states = []

    def fail() -> None:
        with importing.uncollected():
            states.append(gc.isenabled())
            raise ImportError

    with pytest.raises(ImportError):
        fail()
    assert states == [False]
    assert gc.isenabled()
    assert gc.get_freeze_count() > frozen
    gc.unfreeze()
