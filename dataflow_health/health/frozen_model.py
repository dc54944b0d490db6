"""What all declared models of health share: names, durations, severities.

Not here: any one kind of check.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Severity = Literal["warning", "error"]

NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
"""What a process or check may be called: a word for people, files, URLs and asset keys alike."""

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Count = Annotated[int, Field(ge=0)]


def _require_unit(given: object) -> object:
    """Refuses bare numbers: five what?"""
    if isinstance(given, int | float):
        raise ValueError(f"{given} has no unit, write an ISO 8601 duration such as PT5S")  # noqa: TRY004
    return given


Duration = Annotated[timedelta, Field(gt=timedelta(0)), BeforeValidator(_require_unit)]


class FrozenModel(BaseModel):
    """Base of declared and observed models: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CheckBase(FrozenModel):
    """What all checks share.

    Attributes:
        name: Unique within its process.
        describes: For people.
        severity: What a failure makes of the process: ``error`` FAILED, ``warning`` WARNING.
        opens_after: Failures in a row that open an incident; 2 of a live check when not given, as
            one may be an accident, else 1.
        closes_after: Passes in a row that close it; 2 of a live check when not given, else 1.
        optional: It may stay not set up, as a channel or an address that not everybody has: while
            there is nothing to ask, it is shown, and the process is judged by its other checks.
    """

    name: Name
    describes: str = ""
    severity: Severity = "error"
    opens_after: Annotated[int, Field(ge=1)] | None = None
    closes_after: Annotated[int, Field(ge=1)] | None = None
    optional: bool = False
