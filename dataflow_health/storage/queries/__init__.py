"""Read-only queries over the ledger and the results."""
