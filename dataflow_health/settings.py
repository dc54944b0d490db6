"""Every setting, and the only place that reads the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from dataflow_health.errors import ConfigError, ConfigIssue

PREFIX = "DATAFLOW_HEALTH_"
CHANNEL_PREFIX = PREFIX + "ALERT_"
"""Variables that alert rules name; which there are, only the rules know."""


class ApiKey(BaseModel):
    """Who may use the API, and for what; the key itself is nowhere kept.

    Attributes:
        name: For logs and audits.
        scope: ``operate`` may do what ``read`` may, and act besides.
        sha256: Of the key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[\w.@-]{1,64}$")]
    scope: Literal["read", "operate"]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @model_validator(mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        parts = given.split(":")
        if len(parts) != len(cls.model_fields):
            raise ValueError("write name:scope:sha256")
        return dict(zip(cls.model_fields, parts, strict=True))


def _listed(given: object) -> object:
    """A list from the environment: commas between, blanks ignored."""
    if isinstance(given, str):
        return tuple(part.strip() for part in given.split(",") if part.strip())
    return given


class Settings(BaseModel):
    """What an installation may choose; each is ``DATAFLOW_HEALTH_<FIELD>`` in the environment.

    Attributes:
        home: Folder that everything embedded lives in.
        config: Folder with the operator's own YAML, added to the built-in.
        source_url: Where archives come from: a folder (default: landing),
            ``sftp://user:password@host/folder`` (or a key of the SSH agent), ``s3://bucket/folder``
            (access by the ``AWS_`` variables of boto3). The extras ``sftp`` and ``s3`` bring the
            drivers.
        lake_url: Where outputs go. Default: ``home/lake``.
        database_url: SQLAlchemy URL of ledger and results. Default: SQLite in ``home``.
        log_level: Lowest level that is written.
        settle_s: An archive without a sidecar is taken when it has not changed for this long.
        tsv_codec: ``zst``, or ``gz`` for Hadoop without zstd.
        workers: Threads of the per-recording stages.
        spark_master: ``local[2]``, ``spark://host:7077``, ``yarn``...
        spark_driver_memory: Heap of the driver, which on one machine does all the work.
        spark_java_options: Options of the driver's Java. The default halves what a start costs, and
            suits work that is done in Python; a driver with much to do itself wants none.
        max_archive_bytes: Largest sum of unpacked bytes in one archive.
        max_ratio: Largest unpacked to packed ratio of one member.
        max_members: Most members in one archive, nested ones together.
        max_depth: Deepest zip in zip.
        silent_after_days: A known aircraft not heard from for this long is reported.
        late_after_s: Landing to SQL slower than this is reported.
        disk_free_share: Less free space than this share is reported.
        public_url: Where people reach the Dagster UI, for links.
        ping_url: Asked once a minute by the alert sensor while all is well with it, so that a
            service outside notices when it stops; none when empty.
        schedule_url: CSV of planned departures, ``tail,departs_at``: a path or any URL that fsspec
            reads; none when empty.
        api_keys: Who may use the API, as ``name:read:sha256,name:operate:sha256``; the digest is of
            the key. Without any, all may read and nobody may operate.
        cors_origins: Web pages whose scripts may read the API, with commas between; ``*`` for all.
        rate_limit_per_minute: Requests of one key or address in a minute; 0 for no limit.
        api_key: Key that the command line gives with ``--url``, and the check ``event_stream``.
        api_url: Where the API is, as ``http://127.0.0.1:8000``, so that its event stream is watched
            over; ``up`` sets it. None when empty.
        api_probes: Whether the API may run the live checks. One process at a time does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Path("home")
    config: Path | None = None
    source_url: str = ""
    lake_url: str = ""
    database_url: SecretStr = SecretStr("")
    log_level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    settle_s: Annotated[float, Field(ge=0)] = 2.0
    tsv_codec: Literal["zst", "gz"] = "zst"
    workers: Annotated[int, Field(ge=1, le=256)] = 2
    spark_master: str = "local[2]"
    spark_driver_memory: str = "2g"
    spark_java_options: str = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    max_archive_bytes: Annotated[int, Field(gt=0)] = 8 << 30
    max_ratio: Annotated[float, Field(gt=1)] = 1000.0
    max_members: Annotated[int, Field(gt=0)] = 10_000
    max_depth: Annotated[int, Field(ge=0)] = 3
    silent_after_days: Annotated[float, Field(gt=0)] = 7.0
    late_after_s: Annotated[float, Field(gt=0)] = 3600.0
    disk_free_share: Annotated[float, Field(gt=0, lt=1)] = 0.05
    public_url: str = "http://localhost:3000"
    ping_url: SecretStr = SecretStr("")
    schedule_url: str = ""
    api_keys: Annotated[tuple[ApiKey, ...], BeforeValidator(_listed)] = ()
    cors_origins: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    rate_limit_per_minute: Annotated[int, Field(ge=0)] = 0
    api_key: SecretStr = SecretStr("")
    api_url: str = ""
    api_probes: bool = True

    @model_validator(mode="after")
    def _absolute(self) -> Self:
        home = self.home.expanduser().resolve()
        object.__setattr__(self, "home", home)
        object.__setattr__(self, "source_url", self.source_url or str(home / "landing"))
        object.__setattr__(self, "lake_url", self.lake_url or (home / "lake").as_uri())
        if not self.database_url.get_secret_value():
            url = SecretStr(f"sqlite:///{home / 'ledger.sqlite'}")
            object.__setattr__(self, "database_url", url)
        return self

    @property
    def dagster_home(self) -> Path:
        """Folder of Dagster's own instance."""
        return self.home / "dagster"

    @property
    def config_folders(self) -> tuple[Path, ...]:
        """The operator's own folders of YAML, none or one."""
        return (self.config,) if self.config else ()


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads the settings.

    Args:
        environ: The environment; the process's own when not given.

    Raises:
        ConfigError: A variable of ours is unknown or has a wrong value; all of them are named.
    """
    environ = os.environ if environ is None else environ
    given = {
        k.removeprefix(PREFIX).lower(): v
        for k, v in environ.items()
        if k.startswith(PREFIX) and not k.startswith(CHANNEL_PREFIX)
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise ConfigError(tuple(_fault(detail) for detail in error.errors())) from None


def adopt(home: Path) -> Settings:
    """Makes a folder this process's home, and Dagster's with it, for all that it starts."""
    os.environ[PREFIX + "HOME"] = str(home.expanduser().resolve())
    chosen = load()
    os.environ["DAGSTER_HOME"] = str(chosen.dagster_home)
    return chosen


def environment() -> Mapping[str, str]:
    """The process's environment, for probes that take a URL by the name of its variable."""
    return os.environ


def provide(values: Mapping[str, str]) -> None:
    """Sets variables for libraries that read the environment themselves, as Spark's launcher."""
    os.environ.update(values)


def export(settings: Settings, environ: dict[str, str] | None = None) -> dict[str, str]:
    """The environment a child process needs to run under the same settings."""
    child = dict(os.environ if environ is None else environ)
    given = {
        "home": str(settings.home),
        "source_url": settings.source_url,
        "lake_url": settings.lake_url,
        "database_url": settings.database_url.get_secret_value(),
        "spark_master": settings.spark_master,
    }
    child.update({PREFIX + name.upper(): value for name, value in given.items()})
    child["DAGSTER_HOME"] = str(settings.dagster_home)
    return child


def _fault(detail: object) -> ConfigIssue:
    info = dict(detail)  # type: ignore[call-overload]
    name = str(info["loc"][0]) if info["loc"] else ""
    known = name in Settings.model_fields
    allowed = (
        "" if known else "known: " + ", ".join(PREFIX + f.upper() for f in Settings.model_fields)
    )
    problem = str(info["msg"]) if known else "no such setting"
    return ConfigIssue("environment", 0, PREFIX + name.upper(), problem, allowed)
