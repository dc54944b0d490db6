"""Which aircraft flies which layout, as AGS lists it in ``aircraft.air``."""

from pathlib import Path

from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.layout_import.imported_layout import decode_text

_VERSION = "version for analysis/qar/dar"
_NAME_DIGITS = 6


def read_tails(path: Path) -> dict[str, str]:
    """Layout name by tail.

    Args:
        path: A table of tab-separated text whose first line, after ``//``, names the columns.

    Returns:
        The quick access recorder's layout, with leading zeros as ``.vec`` files are named.

    Raises:
        ConfigError: There is no column of layouts.
    """
    lines = decode_text(path.read_bytes()).splitlines()
    names = (
        [name.strip().lower() for name in lines[0].removeprefix("//").split("\t")] if lines else []
    )
    if _VERSION not in names:
        allowed = f"a first line of column names, among them {_VERSION!r}"
        raise ConfigError((ConfigIssue(path.name, 1, "", "no column tells the layout", allowed),))
    column = names.index(_VERSION)
    rows = (line.split("\t") for line in lines[1:] if line.strip() and not line.startswith("//"))
    return {
        row[0].strip(): row[column].strip().zfill(_NAME_DIGITS)
        for row in rows
        if len(row) > column and row[column].strip()
    }
