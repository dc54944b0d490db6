"""Live checks asked of the world: one module a kind, each with one function ``ask(check, around)``.

``asking`` asks one check with its time limit and retries; ``pool`` asks many beside each other.
Nothing here imports Dagster, so the API and the command line probe as the sensor does.
"""
