"""Every stage measured against the best alternative at hand, both in one run.

Absolute times depend on the machine and on what else it does; ratios much less. Each module has
``run() -> list[Row]`` and proves first that both sides give the same.
"""
