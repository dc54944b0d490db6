from pathlib import Path

import pytest

from dataflow_health.errors import ConfigError
from dataflow_health.layout_import.tails import read_tails

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "wqar-arinc717"


def test_tails_are_read_from_the_column_of_layouts(tmp_path):
    table = (
        "// A/C tail\tA/C type\tVersion for analysis/QAR/DAR\n//AGS\n"
        "HB-ZAA\tH1\t123\nHB-ZAB\tH1\t\nHB-ZAC\tH1\t010888\n\nHB-ZAD\n"
    )
    (tmp_path / "aircraft.air").write_text(table, "utf-16")
    assert read_tails(tmp_path / "aircraft.air") == {"HB-ZAA": "000123", "HB-ZAC": "010888"}


@pytest.mark.parametrize("content", ["", "nothing"])
def test_a_table_without_the_column_is_an_error(tmp_path, content):
    (tmp_path / "other.air").write_text(content)
    with pytest.raises(ConfigError, match="the column of layouts is missing"):
        read_tails(tmp_path / "other.air")


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(ConfigError, match="not a file"):
        read_tails(tmp_path)


@pytest.mark.skipif(not REAL.exists(), reason="the real table lies beside the repository")
def test_a_real_table_is_read():
    assert read_tails(REAL / "aircraft.air")["B-8888"] == "010888"
