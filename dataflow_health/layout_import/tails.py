"""Reads the layout of each tail number from AGS's table ``aircraft.air``."""

from pathlib import Path

from dataflow_health.layout_import.imported_layout import decode_text, file_error

_LAYOUT_COLUMN = "version for analysis/qar/dar"
_NAME_DIGITS = 6


def read_tails(path: Path) -> dict[str, str]:
    """Layout name by tail number.

    Args:
        path: A table of tab-separated text whose first line, after ``//``, names the columns.

    Returns:
        The quick access recorder's layout, with leading zeros as ``.vec`` files are named.

    Raises:
        ConfigError: It is no file, or the column of layouts is missing.
    """
    if not path.is_file():
        raise file_error(path, "not a file", "a table of tail numbers, such as aircraft.air")
    lines = decode_text(path.read_bytes()).splitlines()
    header = lines[0].removeprefix("//") if lines else ""
    columns = [name.strip().lower() for name in header.split("\t")]
    if _LAYOUT_COLUMN not in columns:
        allowed = f"a first line of column names, among them {_LAYOUT_COLUMN!r}"
        raise file_error(path, "the column of layouts is missing", allowed)
    column = columns.index(_LAYOUT_COLUMN)
    rows = (line.split("\t") for line in lines[1:] if line.strip() and not line.startswith("//"))
    return {
        row[0].strip(): row[column].strip().zfill(_NAME_DIGITS)
        for row in rows
        if len(row) > column and row[column].strip()
    }
