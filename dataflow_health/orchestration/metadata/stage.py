"""Counts of one run of a stage, which Dagster plots over days and time."""

from collections.abc import Mapping

import dagster as dg

from dataflow_health.stages.stage import StageSummary


def metadata(summary: StageSummary) -> Mapping[str, dg.MetadataValue]:
    """Items, bytes and rows of one run."""
    return {
        "worked": dg.MetadataValue.int(summary.worked),
        "done": dg.MetadataValue.int(summary.done),
        "quarantined": dg.MetadataValue.int(summary.quarantined),
        "bytes_in": dg.MetadataValue.int(summary.bytes_in),
        "bytes_out": dg.MetadataValue.int(summary.bytes_out),
        "rows_out": dg.MetadataValue.int(summary.rows_out),
    }
