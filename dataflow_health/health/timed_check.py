"""What live checks share: timing and retries, a URL, a path, a range."""

from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dataflow_health.health.frozen_model import CheckBase, Duration, FrozenModel, Name


class TimedCheck(CheckBase):
    """A check that a probe runs on an interval.

    Attributes:
        name: The kind when not given.
        within: Time limit of the probe, retries included.
        every: Interval of the probe.
        ttl: A result at most this old is used again instead of probing; ``every`` when not given.
        retries: How often a quick failure is probed again before the check fails.
    """

    name: Name = ""
    within: Duration = timedelta(seconds=2)
    every: Duration = timedelta(seconds=2)
    ttl: Duration | None = None
    retries: Annotated[int, Field(ge=0, le=10)] = 1

    @model_validator(mode="before")
    @classmethod
    def _name_is_kind(cls, given: object) -> object:
        if isinstance(given, dict) and "name" not in given:
            return given | {"name": given.get("kind", "")}
        return given

    @property
    def reused_for(self) -> timedelta:
        """How long a result may be used again."""
        return self.ttl if self.ttl is not None else self.every


def require_one_of(value: str, variable: str) -> Any:  # noqa: ANN401 - Pydantic's own proxy
    """A validator of a model: one of two texts must be given.

    Args:
        value: Name of the field with the value itself.
        variable: Name of the field with the environment variable that overrides it.
    """

    def check(model: TimedCheck) -> TimedCheck:
        if not getattr(model, value) and not getattr(model, variable):
            raise ValueError(f"needs {value} or {variable}")
        return model

    return model_validator(mode="after")(check)


class UrlCheck(TimedCheck):
    """A check of something with a URL.

    Attributes:
        url: The URL.
        url_from: Environment variable that overrides ``url`` when it is set.
    """

    url: str = ""
    url_from: str = ""

    _has_url = require_one_of("url", "url_from")


class PathCheck(TimedCheck):
    """A check of a file or folder: a path, or any URL that fsspec reads.

    Attributes:
        path: The path.
        path_from: Environment variable that overrides ``path`` when it is set.
    """

    path: str = ""
    path_from: str = ""

    _has_path = require_one_of("path", "path_from")


class Range(FrozenModel):
    """An inclusive range; at least one end must be given.

    Attributes:
        at_least: Lower end.
        at_most: Upper end.
    """

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("needs at_least or at_most")
        if None not in (self.at_least, self.at_most) and self.at_least > self.at_most:  # type: ignore[operator]
            raise ValueError(f"at_least {self.at_least} is above at_most {self.at_most}")
        return self
