"""The checks of each stage: functions over the ledger's rows of one arrival day."""
