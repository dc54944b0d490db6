"""The pipeline as Dagster sees it: assets, checks, sensors, resources, partitions, jobs."""
