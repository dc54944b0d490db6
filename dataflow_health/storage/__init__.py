"""Where things live: the source of archives, the lake of files, the ledger and results in SQL."""
