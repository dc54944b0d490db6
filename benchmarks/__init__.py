"""Benchmarks of every stage against the best available alternative, measured in the same run.

Absolute times depend on the machine and its load; ratios much less so. Each module in
``report.MODULES`` has ``run() -> list[Measurement]``, which first verifies that all alternatives
give the same result.
"""
