"""Alert rule: which problems notify which channels, and when. Declared in ``alerts/*.yaml``."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from dataflow_health.health.frozen_model import Duration, FrozenModel, Severity
from dataflow_health.health.problem import Problem

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ChannelName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
"""Environment variable that holds a URL of apprise or Alertmanager; YAML never contains it."""
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Pattern = Annotated[str, Field(min_length=1)]


def _check_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{zone!r} is no time zone, write one as Europe/Zurich") from error
    return zone


ZoneName = Annotated[str, AfterValidator(_check_zone)]
"""IANA time zone."""


class WorkingHours(FrozenModel):
    """Hours in which messages may be sent; other messages wait for the next start.

    Attributes:
        starts: Start, as 07:00.
        ends: End, exclusive; earlier than ``starts`` for a night shift.
        days: Weekdays on which a shift starts.
        zone: IANA time zone, as Europe/Zurich.
    """

    starts: TimeOfDay
    ends: TimeOfDay
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = WEEKDAYS
    zone: ZoneName = "UTC"

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        if self.starts == self.ends:
            raise ValueError(f"starts and ends are both {self.starts}")
        return self

    def next_open(self, now: datetime) -> datetime:
        """Earliest instant within working hours at or after ``now``."""
        local_now = now.astimezone(ZoneInfo(self.zone))
        for offset in range(-1, 9):
            day = local_now.date() + timedelta(days=offset)
            if WEEKDAYS[day.weekday()] not in self.days:
                continue
            start = datetime.combine(day, time.fromisoformat(self.starts), local_now.tzinfo)
            last_day = day + timedelta(days=int(self.ends < self.starts))
            end = datetime.combine(last_day, time.fromisoformat(self.ends), local_now.tzinfo)
            if now < end:
                return max(now, start.astimezone(now.tzinfo))
        raise AssertionError("days is never empty, so a shift starts within a week")


class Throttle(FrozenModel):
    """Limit on the messages of one rule to one channel; the excess is sent as one message.

    Attributes:
        at_most: Messages within ``every``.
        every: Length of the sliding window.
    """

    at_most: Annotated[int, Field(ge=1)] = 12
    every: Duration = timedelta(hours=1)


class Escalation(FrozenModel):
    """Channels that are notified when an incident is not acknowledged in time.

    Attributes:
        after: Time since the first message was sent.
        channels: Environment variables that hold URLs of apprise or Alertmanager.
    """

    after: Duration
    channels: Annotated[tuple[ChannelName, ...], Field(min_length=1)]


FindingSeverity = Literal["info", "warning", "alert"]
"""Severity of a finding, as algorithms give it."""


class FindingSelector(FrozenModel):
    """Findings of algorithms that a rule sends; all conditions must hold.

    Attributes:
        severities: Severities of the finding.
        algorithms: Patterns of algorithms, as engine_*; empty for all.
        tails: Patterns of aircraft, as HB-Z*; empty for all.
    """

    severities: Annotated[tuple[FindingSeverity, ...], Field(min_length=1)] = ("alert",)
    algorithms: tuple[Pattern, ...] = ()
    tails: tuple[Pattern, ...] = ()

    def matches(self, severity: str, algorithm: str, tail: str) -> bool:
        """True when a finding satisfies every condition."""
        return (
            severity in self.severities
            and _matches_any(self.algorithms, (algorithm,))
            and _matches_any(self.tails, (tail,))
        )


_OF_PROBLEMS = (
    "processes", "checks", "causes", "severities", "tails", "remind_every", "escalate",
)  # fmt: skip
"""Keys of a rule that have no meaning for findings."""


class AlertRule(FrozenModel):
    """One rule; an incident may match several.

    Attributes:
        describes: Purpose of the rule, in words.
        findings: Findings of algorithms that the rule sends instead of incidents: one message per
            aircraft and algorithm, once for each recording.
        channels: Environment variables that hold URLs of apprise or of Alertmanager
            (``alertmanager://HOST:9093``); unset ones are skipped.
        processes: Patterns of root processes; empty for all.
        checks: Patterns of checks; empty for all.
        causes: Patterns of reason codes; empty for all.
        severities: Severities of the check.
        tails: Patterns of aircraft, as HB-Z*; a problem without aircraft matches as well.
        hours: Hours in which messages may be sent; any time when not given.
        throttle: Limit on the number of messages.
        remind_every: Interval of reminders until the incident is acknowledged; none when not given.
        escalate: Channels for incidents that are not acknowledged in time.
        recovery: Send a message when the incident ends.
        digest_at: Time of the daily digest, as 06:00; none when not given.
        zone: IANA time zone of ``digest_at``.
    """

    describes: Annotated[str, Field(min_length=1)]
    channels: Annotated[tuple[ChannelName, ...], Field(min_length=1)]
    findings: FindingSelector | None = None
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
    zone: ZoneName = "UTC"

    @model_validator(mode="after")
    def _selects_one_kind(self) -> Self:
        defaults = type(self).model_fields
        set_keys = [key for key in _OF_PROBLEMS if getattr(self, key) != defaults[key].default]
        if self.findings is not None and set_keys:
            names = ", ".join(set_keys)
            raise ValueError(f"a rule with findings sends no incidents; remove {names}")
        return self

    def matches(self, problem: Problem) -> bool:
        """True when the problem satisfies every condition of the rule."""
        return (
            self.findings is None
            and problem.severity in self.severities
            and _matches_any(self.processes, (problem.process,))
            and _matches_any(self.checks, (problem.check,))
            and _matches_any(self.causes, (problem.cause,))
            and (not problem.tails or _matches_any(self.tails, problem.tails))
        )

    def next_send_at(self, now: datetime) -> datetime:
        """Earliest time at or after ``now`` at which a message may be sent."""
        return self.hours.next_open(now) if self.hours else now

    def all_channels(self) -> tuple[str, ...]:
        """Channels of the rule and of its escalation."""
        return (*self.channels, *(self.escalate.channels if self.escalate else ()))


def configured_rules(
    rules: Mapping[str, AlertRule], environment: Mapping[str, str]
) -> dict[str, AlertRule]:
    """Rules restricted to channels that the environment sets; rules without any are omitted."""
    configured = {}
    for name, rule in rules.items():
        channels = _set_channels(rule.channels, environment)
        escalation = rule.escalate
        if escalation is not None:
            above = _set_channels(escalation.channels, environment)
            escalation = escalation.model_copy(update={"channels": above}) if above else None
        if channels:
            update = {"channels": channels, "escalate": escalation}
            configured[name] = rule.model_copy(update=update)
    return configured


def _set_channels(channels: Iterable[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(channel for channel in channels if environment.get(channel))


def _matches_any(patterns: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(v, pattern) for v in values for pattern in patterns)
