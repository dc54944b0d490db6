"""The pipeline as plain functions: one module per stage, each with a ``run`` function.

A stage takes its dependencies and a request, processes recording by recording, and writes the
result of each to the ledger. It imports no Dagster, reads no settings and has no clock of its own.
"""
