import os
import subprocess
import sys
from pathlib import Path

import pytest

from dataflow_health.settings import PREFIX


@pytest.mark.spark
def test_a_spark_that_does_not_start_is_named_and_stops_nothing(tmp_path: Path) -> None:
    environ = os.environ | {f"{PREFIX}HOME": str(tmp_path), "SPARK_HOME": str(tmp_path / "none")}
    words = [sys.executable, "-m", "dataflow_health.cli.class_archive"]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "without an archive of Spark's classes: Spark at local[2] did not start" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.glob("java/*.jsa")) == []
