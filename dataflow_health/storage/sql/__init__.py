"""SQL: connections, tables, statements, locks and migrations."""
