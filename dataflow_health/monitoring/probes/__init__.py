"""Probes of live checks: one module per kind, each with a function ``probe(check, context)``.

``runner`` runs one check with its time limit and retries; ``scheduler`` runs many side by side.
No module imports Dagster, so the API, the command line and the sensor run the same probes.
"""
