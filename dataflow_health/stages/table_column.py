"""Names of the analytics table's columns."""


def column_of(name: str) -> str:
    """Table column of a TSV column: ``roll_deg.2`` is ``roll_deg__2``; SQL takes dots for paths."""
    return name.replace(".", "__")


def parameter_of(column: str) -> str:
    """Parameter whose samples a column of the table holds."""
    name, _, sample = column.rpartition("__")
    return name if name and sample.isdigit() else column
