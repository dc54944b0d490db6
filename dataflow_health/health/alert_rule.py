"""Who is told what: an alert rule, as declared in ``config/alerts/*.yaml``."""

from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from dataflow_health.health.frozen_model import Duration, FrozenModel, Severity
from dataflow_health.health.incident import Incident

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ChannelName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
"""A variable of the environment that holds an apprise URL; the URL itself never stands in YAML."""
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Pattern = Annotated[str, Field(min_length=1)]


class WorkingHours(FrozenModel):
    """When somebody may be disturbed; what comes outside waits until then.

    Attributes:
        starts: First minute of the day, as 07:00.
        ends: First minute that is outside again; before ``starts`` for a night shift.
        days: Days on which ``starts`` lies.
        zone: Time zone by its name, as Europe/Zurich.
    """

    starts: TimeOfDay
    ends: TimeOfDay
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, given: str) -> str:
        try:
            ZoneInfo(given)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{given!r} is no time zone, write one as Europe/Zurich") from error
        return given

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.starts == self.ends:
            raise ValueError(f"starts and ends are both {self.starts}")
        return self

    def opens(self, now: datetime) -> datetime:
        """The first moment from now on that lies inside."""
        here = now.astimezone(ZoneInfo(self.zone))
        for offset in range(-1, 9):
            day = here.date() + timedelta(days=offset)
            if WEEKDAYS[day.weekday()] not in self.days:
                continue
            start = datetime.combine(day, time.fromisoformat(self.starts), here.tzinfo)
            last = day + timedelta(days=int(self.ends < self.starts))
            end = datetime.combine(last, time.fromisoformat(self.ends), here.tzinfo)
            if now < end:
                return max(now, start.astimezone(now.tzinfo))
        raise AssertionError("a week has every weekday")


class Throttle(FrozenModel):
    """Most messages of one rule on one channel; what is over is told together in one.

    Attributes:
        at_most: How many.
        every: In which time.
    """

    at_most: Annotated[int, Field(ge=1)] = 12
    every: Duration = timedelta(hours=1)


class Escalation(FrozenModel):
    """Who is told when nobody acknowledges.

    Attributes:
        after: So long after the first message.
        channels: Variables of the environment with apprise URLs.
    """

    after: Duration
    channels: Annotated[tuple[ChannelName, ...], Field(min_length=1)]


class AlertRule(FrozenModel):
    """One rule; an incident may match several.

    Attributes:
        describes: For people.
        channels: Variables of the environment with apprise URLs; one that is not set is left out.
        processes: Patterns of root processes; all when not given.
        checks: Patterns of checks; all when not given.
        causes: Patterns of causes; all when not given.
        severities: Which.
        tails: Patterns of aircraft, as HB-Z*; an incident without aircraft matches too.
        hours: When; at all times when not given.
        throttle: Most messages.
        remind_every: Says again what nobody acknowledged.
        escalate: Who else is told then.
        recovery: Whether the end is told.
        digest_at: Time of the daily digest, as 06:00; none when not given.
        zone: Time zone of ``digest_at``.
    """

    describes: Annotated[str, Field(min_length=1)]
    channels: Annotated[tuple[ChannelName, ...], Field(min_length=1)]
    processes: tuple[Pattern, ...] = ()
    checks: tuple[Pattern, ...] = ()
    causes: tuple[Pattern, ...] = ()
    severities: Annotated[tuple[Severity, ...], Field(min_length=1)] = ("error", "warning")
    tails: tuple[Pattern, ...] = ()
    hours: WorkingHours | None = None
    throttle: Throttle = Throttle()
    remind_every: Duration | None = None
    escalate: Escalation | None = None
    recovery: bool = True
    digest_at: TimeOfDay | None = None
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, given: str) -> str:
        return WorkingHours(starts="00:00", ends="00:01", zone=given).zone

    def matches(self, incident: Incident) -> bool:
        """Whether an incident is this rule's."""
        return (
            incident.severity in self.severities
            and _any(self.processes, (incident.process,))
            and _any(self.checks, (incident.check,))
            and _any(self.causes, (incident.cause,))
            and (not incident.tails or _any(self.tails, incident.tails))
        )

    def due_at(self, now: datetime) -> datetime:
        """When a message that is wanted now may go out."""
        return self.hours.opens(now) if self.hours else now

    def every_channel(self) -> tuple[str, ...]:
        """All variables that it names, those of its escalation too."""
        return (*self.channels, *(self.escalate.channels if self.escalate else ()))


def _any(patterns: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(v, pattern) for v in values for pattern in patterns)
