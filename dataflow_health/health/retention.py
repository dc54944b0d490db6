"""How long the files of each stage are kept. Declared in ``retention.yaml``."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from dataflow_health.health.frozen_model import FrozenModel

FOR_EVER: Literal["for_ever"] = "for_ever"


def _require_unit(given: object) -> object:
    """Refuses numbers without a unit."""
    if isinstance(given, int | float):
        allowed = "for_ever or an ISO 8601 duration such as P90D"
        raise ValueError(f"{given} has no unit, write {allowed}")  # noqa: TRY004
    return given


Age = Annotated[timedelta, Field(gt=timedelta(0))]
Keep = Annotated[Literal["for_ever"] | Age, BeforeValidator(_require_unit)]
"""``for_ever``, or the age after which a file is removed."""


class RetentionPolicy(FrozenModel):
    """Ages after which files are removed; rows of the ledger and results in SQL always stay.

    A file is removed when its stage wrote it that long ago and its recordings have their results in
    SQL or are written off; one that waits for a stage or an operator is never removed. What was
    removed is made again from the archive when a stage or a person needs it.

    Attributes:
        describes: Reason for these ages, in words.
        download: The archives as they arrived. An age needs ``archives_are_kept_elsewhere``.
        extract: Recordings as they were in the archives.
        parse: Parameters as decoded; compress keeps the same values.
        compress: Counts as recorded, and their conversions: what plots and exports read.
        store: TSV files, and the schema beside each.
        ingest: The analytics table that Spark SQL, DuckDB and Trino read.
        archives_are_kept_elsewhere: Says that the archives have another keeper, without which
            recordings whose archives are removed can never be made again.
        dagster_days: Arrival days as Dagster's partitions. A day with unfinished work or items in
            quarantine stays at any age.
        dagster_days_at_least: Number of newest arrival days that stay at any age.
        dagster_runs: Dagster's runs since their end, with their events and logs. The newest state
            of every asset, day and check stays, and the newest run of every job.
        dagster_runs_at_most: Number of Dagster's runs that stay at most, the newest ones.
        dagster_checks: Results and materialisations that Dagster has without a run, such as those
            of live checks. The newest of each check and asset stay.
    """

    describes: str = ""
    download: Keep = FOR_EVER
    extract: Keep = FOR_EVER
    parse: Keep = FOR_EVER
    compress: Keep = FOR_EVER
    store: Keep = FOR_EVER
    ingest: Keep = FOR_EVER
    archives_are_kept_elsewhere: bool = False
    dagster_days: Keep = timedelta(days=400)
    dagster_days_at_least: Annotated[int, Field(ge=1)] = 30
    dagster_runs: Keep = timedelta(days=30)
    dagster_runs_at_most: Annotated[int, Field(ge=100)] = 10_000
    dagster_checks: Keep = timedelta(days=14)

    @model_validator(mode="after")
    def _archives_have_a_keeper(self) -> Self:
        if self.download != FOR_EVER and not self.archives_are_kept_elsewhere:
            raise ValueError(
                "download: archives would be lost; keep them for_ever, or say "
                "archives_are_kept_elsewhere: true"
            )
        return self

    @property
    def ages(self) -> Mapping[str, timedelta | None]:
        """Age by stage, in the order of the stages; None for ever."""
        return {stage: _age(getattr(self, stage)) for stage in STAGES}

    @property
    def age_of_dagster_days(self) -> timedelta | None:
        """Age of Dagster's arrival days; None for ever."""
        return _age(self.dagster_days)

    @property
    def age_of_dagster_runs(self) -> timedelta | None:
        """Age of Dagster's runs; None for ever."""
        return _age(self.dagster_runs)

    @property
    def age_of_dagster_checks(self) -> timedelta | None:
        """Age of Dagster's results without a run; None for ever."""
        return _age(self.dagster_checks)


def _age(keep: Literal["for_ever"] | timedelta) -> timedelta | None:
    return None if isinstance(keep, str) else keep


STAGES = ("download", "extract", "parse", "compress", "store", "ingest")
"""Stages whose files have an age. Result files stay: ``scrub`` compares SQL with them."""
