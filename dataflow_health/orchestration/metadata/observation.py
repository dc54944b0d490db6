"""Check results as Dagster stores them."""

from typing import TypedDict

import dagster as dg

from dataflow_health.health.observation import Observation


class CheckFields(TypedDict):
    """Fields that a check result and a check evaluation share."""

    check_name: str
    asset_key: dg.AssetKey
    passed: bool
    severity: dg.AssetCheckSeverity
    description: str


def check_fields(observation: Observation, key: dg.AssetKey) -> CheckFields:
    """A check result without its metadata."""
    is_warning = observation.severity == "warning"
    return {
        "check_name": observation.check,
        "asset_key": key,
        "passed": observation.outcome == "passed",
        "severity": dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        "description": observation.detail,
    }


def live_check_metadata(observation: Observation) -> dict[str, dg.MetadataValue]:
    """Measured value and time of a live check."""
    return {
        "measured": dg.MetadataValue.text(observation.detail or observation.outcome),
        "checked_at": dg.MetadataValue.timestamp(observation.at),
    }
