"""Collectors of other programs: health, metadata and lineage of Airflow, Spark and databases.

One port (``collector``), one adapter a kind of check. A collector reads only: it starts, changes
and stores nothing there.
"""
