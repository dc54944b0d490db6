"""Live signals in SQL: raw points, their minutes and hours, in a database of their own."""
