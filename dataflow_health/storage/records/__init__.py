"""SQL records beside the ledger: check results, status changes, incidents, messages, audit log."""
