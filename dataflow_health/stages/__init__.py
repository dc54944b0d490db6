"""The pipeline as plain functions: one module a stage, each with ``run``.

A stage takes data and ports, works recording by recording, and leaves the account in the ledger. It
knows no Dagster, no setting and no clock of its own.
"""
