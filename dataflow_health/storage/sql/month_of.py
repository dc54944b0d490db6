"""UTC month of a time, as ``2026-11``, in the words of each database."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class month_of(GenericFunction[str]):  # noqa: N801  (a function of SQL)
    """``month_of(start_at)``; NULL for no time."""

    type = String()
    inherit_cache = True


@compiles(month_of, "sqlite")
def _sqlite(element: month_of, compiler: SQLCompiler, **given: Any) -> str:  # noqa: ANN401
    return f"strftime('%Y-%m', {compiler.process(element.clauses, **given)})"


@compiles(month_of, "postgresql")
def _postgresql(element: month_of, compiler: SQLCompiler, **given: Any) -> str:  # noqa: ANN401
    time = compiler.process(element.clauses, **given)
    return f"to_char(timezone('UTC', {time}), 'YYYY-MM')"
