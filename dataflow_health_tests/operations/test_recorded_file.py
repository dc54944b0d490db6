from pathlib import Path

import pytest

from dataflow_health.errors import NotAllowed
from dataflow_health.operations import recorded_file
from dataflow_health.storage.files.lake import Lake


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    digest = lake.write("compress/x.parquet", b"PAR1 and no footer")
    with pytest.raises(NotAllowed, match=r"compress/x\.parquet.*Parquet"):
        recorded_file.open_file(lake, "compress/x.parquet", digest)
