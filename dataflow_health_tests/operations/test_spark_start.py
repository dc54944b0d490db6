import subprocess
import sys
from pathlib import Path

import pytest

from dataflow_health.operations import spark_start
from dataflow_health.settings import Settings
from dataflow_health_tests.storage.serving import free_port


def test_an_error_is_left_to_the_stage_that_asks_for_the_session(tmp_path: Path) -> None:
    chosen = Settings(home=tmp_path, spark_master=f"spark://127.0.0.1:{free_port()}")
    begun = spark_start.begin(chosen)
    begun.join()
    assert not begun.is_alive()


TWICE = """
import sys
from pathlib import Path
import psutil
from dataflow_health.operations import spark_session, spark_start
from dataflow_health.settings import adopt

chosen = adopt(Path(sys.argv[1]))
begun = spark_start.begin(chosen)
assert spark_start.begin(chosen) is begun
session = spark_session.start(chosen)
begun.join()
assert spark_start.begin(chosen) is not begun
print([each.name() for each in psutil.Process().children()].count("java"))
print(session.range(3).count())
"""


@pytest.mark.spark
def test_a_stage_that_asks_while_spark_starts_gets_the_same_session(tmp_path: Path) -> None:
    words = [sys.executable, "-c", TWICE, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["1", "3"], done.stderr
