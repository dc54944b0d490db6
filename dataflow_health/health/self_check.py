"""Checks of this installation itself, such as canary, sensors, messages and quarantine.

Their probes run wherever the live checks run, so the API notices a stopped daemon and the daemon a
stopped API.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from dataflow_health.health.frozen_model import Count, Duration, Name
from dataflow_health.health.timed_check import TimedCheck


class CanaryStage(TimedCheck):
    """The newest canary run has the known result at a stage.

    Attributes:
        stage: Name of the stage.
    """

    kind: Literal["canary_stage"]
    stage: Literal["download", "extract", "parse", "compress", "store", "ingest", "analyse", "load"]


class CanaryOnTime(TimedCheck):
    """The newest canary run is recent, and was fast enough.

    Attributes:
        at_most: Longest time since its end.
        slowest: Longest time that all eight stages may take together.
    """

    kind: Literal["canary_on_time"]
    at_most: Duration = timedelta(hours=2)
    slowest: Duration = timedelta(minutes=10)


class SensorsTick(TimedCheck):
    """Every running Dagster sensor ticked recently, and its newest tick did not fail.

    Attributes:
        at_most: Longest time since the newest tick.
        required: Names of sensors that must not be switched off.
    """

    kind: Literal["sensors_tick"]
    at_most: Duration = timedelta(minutes=2)
    required: tuple[Name, ...] = ()


class SchedulesRun(TimedCheck):
    """Every Dagster schedule is on, and the newest run of its job did not fail.

    Attributes:
        required: Names of schedules that must not be switched off.
        judged_elsewhere: Names of schedules whose job's result is that of another process.
    """

    kind: Literal["schedules_run"]
    required: tuple[Name, ...] = ()
    judged_elsewhere: tuple[Name, ...] = ()


class ConfigurationLoads(TimedCheck):
    """All YAML files are valid, so a reload would succeed."""

    kind: Literal["configuration_loads"]


class MessagesDelivered(TimedCheck):
    """Every message about an incident reached its channel.

    Attributes:
        at_most: Longest time that a message may wait after it is due.
    """

    kind: Literal["messages_delivered"]
    at_most: Duration = timedelta(minutes=5)


class QuarantineAge(TimedCheck):
    """The oldest item in quarantine is recent enough; an empty quarantine passes.

    Attributes:
        at_most: Longest time since the item arrived.
    """

    kind: Literal["quarantine_age"]
    at_most: Duration = timedelta(days=7)


class AircraftHeardFrom(TimedCheck):
    """Every known aircraft sent an archive recently, by the time of the file at the source."""

    kind: Literal["aircraft_heard_from"]


class LandingEntries(TimedCheck):
    """Every entry of the landing folder can be taken.

    Links, FIFOs, sockets, folders named as an archive, and what cannot be read are not taken, nor
    are files of other names, for half a minute, and uploads that stay unfinished for ten minutes.
    """

    kind: Literal["landing_entries"]


class SourceOpens(TimedCheck):
    """The source of archives can be listed, and an archive there can be opened."""

    kind: Literal["source_opens"]


class LakeWritable(TimedCheck):
    """The lake is mounted, and a small file can be written, synced and read back there."""

    kind: Literal["lake_writable"]


class FilesUndamaged(TimedCheck):
    """No file or row that the job scrub found damaged is still waiting to be right again."""

    kind: Literal["files_undamaged"]


class ScrubOnTime(TimedCheck):
    """Every share of the lake and of the results was compared with the ledger recently.

    Attributes:
        at_most: Longest time since a share was read.
    """

    kind: Literal["scrub_on_time"]
    at_most: Duration = timedelta(hours=26)


class LedgerWritable(TimedCheck):
    """A row can be written to the ledger and rolled back, and no table or column is missing."""

    kind: Literal["ledger_writable"]


class ErrorBudgets(TimedCheck):
    """No error budget burns fast enough for an alarm of this check's ``severity``."""

    kind: Literal["error_budgets"]


class NoIncidentFlaps(TimedCheck):
    """No open incident opens and closes over and over."""

    kind: Literal["no_incident_flaps"]


class AnalysedBeforeDeparture(TimedCheck):
    """Every aircraft that departs soon has the results of all its recordings in SQL.

    An archive that cannot be opened counts for the aircraft in its name. Departures come from the
    CSV at DATAFLOW_HEALTH_SCHEDULE_URL.

    Attributes:
        departs_within: How far ahead departures are checked.
    """

    kind: Literal["analysed_before_departure"]
    departs_within: Duration = timedelta(hours=2)


AWAITED_FOR = timedelta(days=1)
"""Time in which the continuation of a recording that ends in the air may still arrive."""


class FlightsRecorded(TimedCheck):
    """What every aircraft flew was recorded: no part of a flight is missing.

    Attributes:
        at_least_pct: Share of each aircraft's known time in the air that was recorded.
        breaks_at_most: Parts of flights that may be missing, per aircraft.
        during: Arrivals that count; a loss that cannot be mended is news for so long.
        awaits: Time after a recording that ends in the air in which the next may still arrive.
    """

    kind: Literal["flights_recorded"]
    at_least_pct: Annotated[float, Field(ge=0, le=100)] = 95.0
    breaks_at_most: Count = 0
    during: Duration = timedelta(days=7)
    awaits: Duration = AWAITED_FOR


class FormatStable(TimedCheck):
    """No parameter of an aircraft's recordings vanished, or changed its rate, unit or range.

    Attributes:
        during: Changes that count; afterwards the new format is the usual one.
        compared_with: Arrivals before that with which the recordings are compared.
    """

    kind: Literal["format_stable"]
    during: Duration = timedelta(days=7)
    compared_with: Duration = timedelta(days=30)


class EventStream(TimedCheck):
    """The API's event stream starts with a recent status event.

    The API is at DATAFLOW_HEALTH_API_URL.

    Attributes:
        at_most: Oldest status allowed.
    """

    kind: Literal["event_stream"]
    at_most: Duration = timedelta(seconds=30)


class SignalsArrive(TimedCheck):
    """Every live signal sent a value recently; without any signal it passes.

    Attributes:
        at_most: Longest time since values of a signal arrived.
        forgotten_after: A signal silent for longer was ended on purpose and counts no more.
    """

    kind: Literal["signals_arrive"]
    at_most: Duration = timedelta(minutes=1)
    forgotten_after: Duration = timedelta(days=1)


class SignalsInLimits(TimedCheck):
    """No live signal crosses a limit of ``live_algorithms`` whose severity is given.

    Attributes:
        severities: Severities of algorithms that count.
    """

    kind: Literal["signals_in_limits"]
    severities: Annotated[tuple[Literal["info", "warning", "alert"], ...], Field(min_length=1)] = (
        "warning",
        "alert",
    )


class LineageDelivered(TimedCheck):
    """Every OpenLineage event of a stage run was taken by the receiver.

    The receiver is at DATAFLOW_HEALTH_OPENLINEAGE_URL.

    Attributes:
        at_most: Longest time that an event may wait.
    """

    kind: Literal["lineage_delivered"]
    at_most: Duration = timedelta(minutes=10)


SelfCheck = (
    CanaryStage
    | CanaryOnTime
    | SensorsTick
    | SchedulesRun
    | ConfigurationLoads
    | MessagesDelivered
    | QuarantineAge
    | AircraftHeardFrom
    | LandingEntries
    | SourceOpens
    | LakeWritable
    | FilesUndamaged
    | ScrubOnTime
    | LedgerWritable
    | ErrorBudgets
    | NoIncidentFlaps
    | AnalysedBeforeDeparture
    | FlightsRecorded
    | FormatStable
    | EventStream
    | SignalsArrive
    | SignalsInLimits
    | LineageDelivered
)
"""Every kind of self-check, distinguished by ``kind``."""
