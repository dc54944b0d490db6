"""The ledger: the state of every archive and recording at every stage."""
