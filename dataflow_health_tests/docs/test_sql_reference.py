import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from dataflow_health.storage.sql.tables import metadata
from docs.generate import sql_reference

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sql.md"
COLUMNS = [column for table in metadata.tables.values() for column in table.columns]
QUERIES = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == sql_reference.update(page), "run `just docs`"


def test_every_table_has_a_section_and_every_column_a_description() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert {f"\n## `{name}`\n" in page for name in metadata.tables} == {True}
    assert [str(each) for each in COLUMNS if not sql_reference.description(each)] == []


def test_descriptions_are_of_columns_that_exist_and_have_none() -> None:
    undescribed = [column for column in COLUMNS if not column.comment]
    assert set(sql_reference.BY_NAME) <= {column.name for column in undescribed}
    assert set(sql_reference.BY_COLUMN) <= {str(column) for column in undescribed}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.split()[1])
def test_the_queries_of_the_page_are_valid(engine: Engine, query: str) -> None:
    with engine.connect() as connection:
        assert connection.execute(text(query)).fetchall() == []
