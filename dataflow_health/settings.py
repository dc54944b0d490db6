"""All settings. Only this module reads the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dataflow_health import secret_files
from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.pseudonyms import Pseudonyms

PREFIX = "DATAFLOW_HEALTH_"
CHANNEL_PREFIX = PREFIX + "ALERT_"
"""Prefix of the variables of alert channels. Alert rules name them, so any suffix is allowed."""
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
SECRET_FIELDS = frozenset({
    "source_url", "lake_url", "database_url", "telemetry_url", "ping_url", "schedule_url",
    "openlineage_key",
    "api_keys", "api_key", "pseudonym_key",
})  # fmt: skip
"""Settings that may hold a secret: each can stand in a file that ``<NAME>_FILE`` names."""

SHORTEST_KEY = 16
"""Characters of the key of pseudonyms: with fewer, tails could be found by trying keys."""

# Before its first model Pydantic looks for plugins in every installed package, which takes 50 ms.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


TokenAlgorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
]  # fmt: skip
"""Signatures by a private key; ``none`` and those by a shared secret are no signatures of users."""


class ApiKey(BaseModel):
    """Permission to use the API, identified by the hash of a key; the key itself is not stored.

    Attributes:
        name: Name of the key's owner, for logs and the audit log.
        scope: ``read`` may read everything; ``operate`` may also act; ``admin`` as ``operate``.
        sha256: SHA-256 digest of the key, hexadecimal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[\w.@-]{1,64}$")]
    scope: Literal["read", "operate", "admin"]
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
    """Items of a comma-separated text, without blanks; other values unchanged."""
    if isinstance(given, str):
        return tuple(part.strip() for part in given.split(",") if part.strip())
    return given


class TokenSettings(BaseModel):
    """What a token of an identity provider must say.

    Attributes:
        issuer: Issuer.
        audience: Service that the token is for.
        keys: Place of the public keys.
        algorithms: Algorithms of signatures that are accepted.
        name_claim: Claim with the person's name.
        roles_claim: Claim with the roles.
        role_prefix: Text before each role's name.
        tails_claim: Claim with patterns of aircraft; empty for all aircraft.
    """

    model_config = ConfigDict(frozen=True)

    issuer: str
    audience: str
    keys: str
    algorithms: tuple[TokenAlgorithm, ...]
    name_claim: str
    roles_claim: str
    role_prefix: str
    tails_claim: str


class Settings(BaseModel):
    """Settings of an installation. Each is an environment variable ``DATAFLOW_HEALTH_<FIELD>``.

    :data:`SECRET_FIELDS` can stand in a file, which ``DATAFLOW_HEALTH_<FIELD>_FILE`` names.

    Attributes:
        home: Folder for all local data: ledger, lake, landing folder, Dagster instance.
        config: Folder with the operator's own YAML files, added to the built-in ones.
        source_url: Source of archives: a folder (default: ``landing`` in ``home``),
            ``sftp://user:password@host/folder`` (or a key of the SSH agent), ``s3://bucket/folder``
            (access by the ``AWS_`` variables of boto3). The extras ``sftp`` and ``s3`` bring the
            drivers.
        source_ignores: Patterns of names, comma-separated, of files at the source that are no
            archives and are not reported.
        lake_url: Folder, ``s3://bucket/folder`` (access by the ``AWS_`` variables, and by
            ``AWS_ENDPOINT_URL`` to servers other than Amazon's) or ``hdfs://host:port/folder`` for
            the outputs of the stages. Default: ``lake`` in ``home``.
        database_url: SQLAlchemy URL of the ledger and the results. Default: SQLite in ``home``.
        database_connections: Most connections to PostgreSQL that one pool has open. The API has
            three pools, each other process one or two.
        database_statement_s: Longest statement in PostgreSQL, in seconds; 0 for no limit. Waiting
            for another run, migrations and maintenance have no limit.
        database_lock_s: Longest wait in PostgreSQL for a lock of another transaction, in seconds;
            0 for no limit.
        database_idle_s: Longest pause within a transaction in PostgreSQL, in seconds; 0 for no
            limit.
        telemetry_url: SQLAlchemy URL of the live signals. Default: the results database when it is
            PostgreSQL, else an SQLite file of its own in ``home``.
        telemetry_points_s: Seconds for which every point of a live signal is kept.
        telemetry_minutes_days: Days for which the sums by minute are kept.
        telemetry_hours_days: Days for which the sums by hour and the crossings of limits are kept.
        telemetry_max_points: Most points kept; the oldest go first.
        openlineage_url: Receiver of OpenLineage events of every stage run: ``http://host:5000``,
            or a file as ``file:///path/events.jsonl``. None are sent when empty. Needs the extra
            ``openlineage``.
        openlineage_key: API key of the receiver, sent as a bearer token.
        openlineage_namespace: Namespace of the jobs in these events.
        log_level: Lowest level of log records to write.
        log_format: ``text``, or ``json`` for one JSON object per line, in every process.
        settle_s: Seconds without a change after which an archive without a sidecar is complete.
        tsv_codec: Compression of TSV files: ``zst``, or ``gz`` for Hadoop without zstd.
        workers: Number of threads of the stages that process single recordings.
        spark_master: Spark master, such as ``local[2]``, ``spark://host:7077`` or ``yarn``.
        spark_driver_memory: Java heap of the driver, which does all the work of a local master.
        spark_java_options: Java options of the driver. The default halves the start-up time and
            suits work that is done in Python. Set it empty for a driver with much work in Java.
        spare_run: Whether ``up`` holds a process with Java and Spark ready for the next flight that
            lands, whose results are there sooner. It takes about 1 GB of memory.
        max_archive_bytes: Largest sum of unpacked bytes of one archive.
        max_ratio: Largest ratio of unpacked to packed bytes of one archive member.
        max_members: Largest number of members of one archive, nested archives included.
        max_depth: Deepest nesting of zip archives.
        sandbox_memory_bytes: Most memory of each child process that opens archives and recordings.
        sandbox_cpu_s: Most CPU seconds of one archive or recording there.
        sandbox_file_bytes: Largest file that such a process may write: one unpacked member, so at
            least ``max_archive_bytes``.
        sandbox_descriptors: Most files that such a process may have open.
        sandbox_silence_s: Seconds without an answer after which such a process is ended. Longer
            than ``sandbox_cpu_s``, as a busy machine gives it less than a core.
        silent_after_days: Days without data after which a known aircraft is reported.
        late_after_s: Seconds from landing to SQL above which a recording is reported as late.
        hung_after_s: Shortest time in seconds without progress, no file finished and no processor
            used, after which a running stage is reported as hung. Three times its longest recent
            duration is the limit when that is more.
        hung_ends_after_s: Seconds beyond that limit after which a stopped process of a stage is
            killed; its arrival day is then started again. A process that only waits is killed after
            two hours. 0 to leave both alone.
        disk_free_share: Share of free disk space below which the disk is reported.
        public_url: URL of the Dagster UI, for links in messages and pages.
        board_url: URL of the board and its pages, for links in messages; ``up`` sets it. No such
            links when empty.
        ping_url: URL of an external dead man's switch. The alert sensor requests it once a minute;
            the service raises an alarm when the requests stop. No pings when empty.
        schedule_url: CSV file of planned departures with the columns ``tail,departs_at``: a path or
            a URL that fsspec reads. No departures are known when empty.
        pseudonym_key: Secret of at least 16 characters. With it, messages and exports name aircraft
            by pseudonyms, the same for the same key; ``dataflow-health pseudonym`` resolves them.
        api_keys: Keys of the API, as ``name:read:sha256,name:operate:sha256`` with the SHA-256
            digest of each key. Without keys and tokens, reading is open to all and operating is
            impossible.
        token_issuer: Identity provider (OpenID Connect) whose tokens name users, exactly as in
            their claim ``iss``. No tokens are accepted when empty.
        token_audience: Name of this service in the claim ``aud``. Needed with ``token_issuer``.
        token_keys: Public keys of the identity provider (JWKS): a path, or an ``https`` URL, which
            is read again each hour and when a token names a new key. Needed with ``token_issuer``.
        token_algorithms: Accepted algorithms of signatures, comma-separated.
        token_name_claim: Claim with the person's name, which the audit log shows.
        token_roles_claim: Claim with the roles ``read``, ``operate`` and ``admin``: a list, or
            words. A dot leads into a claim: ``realm_access.roles``.
        token_role_prefix: Text before the name of each role there, such as ``dataflow-health-``.
        token_tails_claim: Claim with patterns of the aircraft that a person may see, such as
            ``HB-Z*``; who has no such claim then sees none. All aircraft when empty.
        cors_origins: Origins of web pages that may read the API, comma-separated; ``*`` for all.
        api_hosts: Names by which the API is asked for, comma-separated, such as
            ``health.example.org``; pages of these hosts may act. When empty, only names of this
            machine if the API listens on loopback, else any.
        trusted_proxies: Addresses of reverse proxies, comma-separated. Only they may say in
            ``X-Forwarded-For`` whose request they pass on.
        rate_limit_per_minute: Most requests of one key or address in a minute; 0 for no limit.
        api_key: API key that the command line sends with ``--url``, and the check ``event_stream``.
        api_url: URL of the API, as ``http://127.0.0.1:8000``, for the check of its event stream;
            ``up`` sets it. The check is off when empty.
        api_probes: Whether the API may run live checks. Only one process at a time runs them.
        program: Command that starts this program, as ``demo`` names it in the commands to type
            next; ``./start`` sets it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Path("home")
    config: Path | None = None
    source_url: str = ""
    source_ignores: str = "*.txt,*.md,*.log,*.md5,Thumbs.db,desktop.ini"
    lake_url: str = ""
    database_url: SecretStr = SecretStr("")
    database_connections: Annotated[int, Field(ge=6, le=1000)] = 15
    database_statement_s: Annotated[float, Field(ge=0, le=86_400)] = 300.0
    database_lock_s: Annotated[float, Field(ge=0, le=86_400)] = 120.0
    database_idle_s: Annotated[float, Field(ge=0, le=86_400)] = 600.0
    telemetry_url: SecretStr = SecretStr("")
    telemetry_points_s: Annotated[int, Field(ge=120)] = 3600
    telemetry_minutes_days: Annotated[float, Field(gt=0)] = 30.0
    telemetry_hours_days: Annotated[float, Field(gt=0)] = 730.0
    telemetry_max_points: Annotated[int, Field(ge=10_000)] = 40_000_000
    openlineage_url: str = ""
    openlineage_key: SecretStr = SecretStr("")
    openlineage_namespace: str = "dataflow-health"
    log_level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    settle_s: Annotated[float, Field(ge=0)] = 2.0
    tsv_codec: Literal["zst", "gz"] = "zst"
    workers: Annotated[int, Field(ge=1, le=256)] = 2
    spark_master: str = "local[2]"
    spark_driver_memory: str = "2g"
    spark_java_options: str = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    spare_run: bool = True
    max_archive_bytes: Annotated[int, Field(gt=0)] = 8 << 30
    max_ratio: Annotated[float, Field(gt=1)] = 1000.0
    max_members: Annotated[int, Field(gt=0)] = 10_000
    max_depth: Annotated[int, Field(ge=0)] = 3
    sandbox_memory_bytes: Annotated[int, Field(ge=256 << 20)] = 4 << 30
    sandbox_cpu_s: Annotated[int, Field(gt=0)] = 600
    sandbox_file_bytes: Annotated[int, Field(gt=0, validate_default=True)] = 8 << 30
    sandbox_descriptors: Annotated[int, Field(ge=16)] = 64
    sandbox_silence_s: Annotated[float, Field(gt=0)] = 3600.0
    silent_after_days: Annotated[float, Field(gt=0)] = 7.0
    late_after_s: Annotated[float, Field(gt=0)] = 3600.0
    hung_after_s: Annotated[float, Field(gt=0)] = 45.0
    hung_ends_after_s: Annotated[float, Field(ge=0)] = 600.0
    disk_free_share: Annotated[float, Field(gt=0, lt=1)] = 0.05
    public_url: str = "http://localhost:3000"
    board_url: str = ""
    ping_url: SecretStr = SecretStr("")
    schedule_url: str = ""
    pseudonym_key: SecretStr = SecretStr("")
    api_keys: Annotated[tuple[ApiKey, ...], BeforeValidator(_listed)] = ()
    token_issuer: str = ""
    token_audience: str = ""
    token_keys: Annotated[str, Field(validate_default=True)] = ""
    token_algorithms: Annotated[
        tuple[TokenAlgorithm, ...], BeforeValidator(_listed), Field(min_length=1)
    ] = ("RS256", "ES256")
    token_name_claim: str = "preferred_username"  # noqa: S105 -- the name of a claim
    token_roles_claim: str = "roles"  # noqa: S105
    token_role_prefix: str = ""
    token_tails_claim: str = ""
    cors_origins: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    api_hosts: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    trusted_proxies: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    rate_limit_per_minute: Annotated[int, Field(ge=0)] = 0
    api_key: SecretStr = SecretStr("")
    api_url: str = ""
    api_probes: bool = True
    program: str = "dataflow-health"

    @field_validator("sandbox_file_bytes")
    @classmethod
    def _holds_an_archive(cls, given: int, info: ValidationInfo) -> int:
        needed = info.data.get("max_archive_bytes", 0)
        if given < needed:
            raise ValueError(
                f"{given} is less than {PREFIX}MAX_ARCHIVE_BYTES: an archive with one member of "
                f"{needed} bytes is allowed there and refused here"
            )
        return given

    @field_validator("pseudonym_key")
    @classmethod
    def _is_no_word(cls, given: SecretStr) -> SecretStr:
        if given and len(given.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"a key of at least {SHORTEST_KEY} characters is needed")
        return given

    @field_validator("token_keys")
    @classmethod
    def _has_all_of_tokens(cls, given: str, info: ValidationInfo) -> str:
        chosen = [info.data.get("token_issuer"), info.data.get("token_audience"), given]
        if any(chosen) and not all(chosen):
            needed = f"{PREFIX}TOKEN_ISSUER, {PREFIX}TOKEN_AUDIENCE and {PREFIX}TOKEN_KEYS"
            raise ValueError(f"{needed} are needed together")
        if given.startswith("http:") and urlsplit(given).hostname not in _THIS_MACHINE:
            raise ValueError("keys over http can be changed on their way: give an https URL")
        return given

    @model_validator(mode="after")
    def _absolute(self) -> Self:
        home = self.home.expanduser().resolve()
        object.__setattr__(self, "home", home)
        object.__setattr__(self, "source_url", self.source_url or str(home / "landing"))
        object.__setattr__(self, "lake_url", self.lake_url or (home / "lake").as_uri())
        if not self.database_url.get_secret_value():
            url = SecretStr(f"sqlite:///{home / 'ledger.sqlite'}")
            object.__setattr__(self, "database_url", url)
        if not self.telemetry_url.get_secret_value():
            is_server = self.database_url.get_secret_value().startswith("postgresql")
            own = SecretStr(f"sqlite:///{home / 'telemetry.sqlite'}")
            object.__setattr__(self, "telemetry_url", self.database_url if is_server else own)
        return self

    @property
    def dagster_home(self) -> Path:
        """Folder of the Dagster instance."""
        return self.home / "dagster"

    @property
    def java_folder(self) -> Path:
        """Folder of what is made for Java."""
        return self.home / "java"

    @property
    def pseudonyms(self) -> Pseudonyms | None:
        """Pseudonyms of aircraft; None when messages and exports show tails."""
        key = self.pseudonym_key.get_secret_value()
        return Pseudonyms(key.encode()) if key else None

    @property
    def tokens(self) -> TokenSettings | None:
        """What tokens must say; None when none are accepted."""
        if not self.token_issuer:
            return None
        fields = TokenSettings.model_fields
        return TokenSettings(**{name: getattr(self, f"token_{name}") for name in fields})

    @property
    def config_folders(self) -> tuple[Path, ...]:
        """Folders with the operator's own YAML files: none or one."""
        return (self.config,) if self.config else ()


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Reads the settings from environment variables.

    Args:
        environ: Environment variables; those of this process when None.

    Raises:
        ConfigError: Variables with our prefix are unknown or invalid; the error lists all of them.
    """
    resolved, issues = secret_files.resolve(os.environ if environ is None else environ, _is_secret)
    if issues:
        raise ConfigError(tuple(issues))
    given = {
        k.removeprefix(PREFIX).lower(): v
        for k, v in resolved.items()
        if k.startswith(PREFIX) and not k.startswith(CHANNEL_PREFIX)
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise ConfigError(tuple(_issue(detail) for detail in error.errors())) from None


def origins(environ: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Where each setting has its value from: a variable, a secret file, or its default.

    Args:
        environ: Environment variables; those of this process when None.
    """
    given = os.environ if environ is None else environ
    found = {}
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        file = given.get(variable + secret_files.SUFFIX) if name in SECRET_FIELDS else None
        found[name] = variable if variable in given else f"file {file}" if file else "default"
    return found


def adopt(home: Path) -> Settings:
    """Sets the home folder and ``DAGSTER_HOME`` of this process and of its future children."""
    os.environ[PREFIX + "HOME"] = str(home.expanduser().resolve())
    chosen = load()
    os.environ["DAGSTER_HOME"] = str(chosen.dagster_home)
    return chosen


def environment() -> Mapping[str, str]:
    """Environment variables of this process, for checks that name a variable with a URL.

    A secret that stands in a file is set to the file's content; one that cannot be read is not set.
    """
    return secret_files.resolve(os.environ, _is_secret)[0]


def store_environment() -> dict[str, str]:
    """Variables by which libraries reach object storage: keys, region and endpoint.

    Workers of a Spark cluster need the same ones for the lake.
    """
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def loader_environment() -> dict[str, str]:
    """Variables by which Python and its libraries are found, and where temporary files go."""
    names = ("LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR")
    return {name: os.environ[name] for name in names if name in os.environ}


def provide(values: Mapping[str, str]) -> None:
    """Sets environment variables for libraries that read them, such as Spark's launcher."""
    os.environ.update(values)


def export(settings: Settings, environ: dict[str, str] | None = None) -> dict[str, str]:
    """Environment variables for a child process with the same settings."""
    child, _ = secret_files.resolve(os.environ if environ is None else environ, _is_secret)
    given = {
        "home": str(settings.home),
        "source_url": settings.source_url,
        "lake_url": settings.lake_url,
        "database_url": settings.database_url.get_secret_value(),
        "telemetry_url": settings.telemetry_url.get_secret_value(),
        "spark_master": settings.spark_master,
    }
    child.update({PREFIX + name.upper(): value for name, value in given.items()})
    child["DAGSTER_HOME"] = str(settings.dagster_home)
    return child


def _is_secret(name: str) -> bool:
    """Whether a variable may be given as a file: a secret setting, or a channel of alerts."""
    return name.startswith(CHANNEL_PREFIX) or (
        name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() in SECRET_FIELDS
    )


def _issue(detail: object) -> ConfigIssue:
    info = dict(detail)  # type: ignore[call-overload]
    name = str(info["loc"][0]) if info["loc"] else ""
    known = name in Settings.model_fields
    allowed = (
        "" if known else "known: " + ", ".join(PREFIX + f.upper() for f in Settings.model_fields)
    )
    problem = str(info["msg"]) if known else "no such setting"
    return ConfigIssue("environment", 0, PREFIX + name.upper(), problem, allowed)
