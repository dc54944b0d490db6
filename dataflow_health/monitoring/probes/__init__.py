"""Live checks: one module a kind, each with one function ``probe(check, context)``.

``runner`` runs one check with its time limit and retries; ``scheduler`` runs many side by side.
Nothing here imports Dagster, so the API and the command line probe as the sensor does.
"""
