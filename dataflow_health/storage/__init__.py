"""Storage: the source of archives, the lake, and the SQL database with ledger and results."""
