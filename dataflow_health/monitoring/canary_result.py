"""Result of the newest canary run, kept in the lake: it can be read while the ledger is away."""

from pydantic import AwareDatetime, BaseModel, ConfigDict

from dataflow_health.storage.files.lake import Lake

PATH = "canary_result/last.json"
"""Beside the canary's own folder, which every run empties: a result stays until the next one."""


class CanaryResult(BaseModel):
    """Result of one canary run.

    Attributes:
        at: End of the run, UTC.
        took_s: Duration of the run.
        stage: The first stage with a wrong result; empty when all are right.
        fault: What is wrong there.
    """

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    took_s: float
    stage: str = ""
    fault: str = ""


def read(lake: Lake) -> CanaryResult | None:
    """The newest result; None before the first run."""
    if not lake.exists(PATH):
        return None
    return CanaryResult.model_validate_json(lake.read(PATH))


def write(lake: Lake, result: CanaryResult) -> None:
    """Replaces the newest result.

    Raises:
        StorageError: The lake cannot be written.
    """
    lake.write(PATH, result.model_dump_json().encode())
