"""The ledger: every archive and recording at every stage."""
