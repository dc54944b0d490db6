"""Base model, field types and base of all checks."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Severity = Literal["warning", "error"]

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
"""Pattern of process and check names: valid in files, URLs and asset keys alike."""

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Count = Annotated[int, Field(ge=0)]


def _require_unit(given: object) -> object:
    """Refuses numbers without a unit."""
    if isinstance(given, int | float):
        raise ValueError(f"{given} has no unit, write an ISO 8601 duration such as PT5S")  # noqa: TRY004
    return given


Duration = Annotated[timedelta, Field(gt=timedelta(0)), BeforeValidator(_require_unit)]


class FrozenModel(BaseModel):
    """Base of declared and observed models: frozen, and unknown keys are errors.

    The validator is built on first use, as few commands use all models.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class CheckBase(FrozenModel):
    """Fields of every check.

    Attributes:
        name: Name, unique within its process.
        describes: Assertion of the check, in words.
        severity: ``error``: a failure makes the process FAILED. ``warning``: WARNING.
        opens_after: Consecutive failures that open an incident; when not given, 2 for a live check,
            because one may be an accident, else 1.
        closes_after: Consecutive passes that close it; when not given, 2 for a live check, else 1.
        optional: The target may stay unconfigured, such as an address that not every installation
            has. The check is then shown, and does not affect the status of the process.
    """

    name: Name
    describes: str = ""
    severity: Severity = "error"
    opens_after: Annotated[int, Field(ge=1)] | None = None
    closes_after: Annotated[int, Field(ge=1)] | None = None
    optional: bool = False
