"""docker-compose.yml and what it needs: valid by schema, true by running it without containers."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import dagster as dg
import jsonschema
import psycopg
import pytest
import yaml
from sqlalchemy import make_url

from dataflow_health import definitions, settings
from dataflow_health.cli import code_server
from dataflow_health.operations import dagster_home
from dataflow_health_tests.waiting import wait_until

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {
    name: service
    for name, service in SERVICES.items()
    if service["image"].startswith("dataflow-health:")
}
COMMANDS = {name: service["command"] for name, service in OURS.items()}
PROBES = {name: service["healthcheck"]["test"][1:] for name, service in SERVICES.items()}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
SETTABLE = set(re.findall(r"^(\w+)=", (ROOT / "deploy/environment.example").read_text(), re.M))


def interpolated(text, given):
    def value(match):
        default = match["rest"] if match["kind"] == "-" else None
        found = given.get(match["name"], default)
        assert found is not None, f"{match['name']}: {match['rest']}"
        return found

    return VARIABLE.sub(value, text)


def on_path(**environment):
    """An environment in which the installed programs are found, as in the image."""
    programs = str(Path(sys.executable).parent)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("DATAFLOW_", "COV_"))}
    return clean | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"} | environment


def test_it_is_valid_by_the_compose_specification():
    schema = json.loads((Path(__file__).parent / "golden/compose-spec.json").read_text())
    errors = jsonschema.Draft202012Validator(schema).iter_errors(COMPOSE)
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_pinned_watched_and_restarted(name):
    service = SERVICES[name]
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.?[\w.-]*", service["image"])
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert set(service.get("depends_on", ())) <= set(SERVICES)


CAPABILITIES = {
    "postgres": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
    "alloy": ["DAC_READ_SEARCH"],
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_write_only_where_it_must_and_has_limits(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == CAPABILITIES.get(name, [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "pids_limit"} <= set(service)


NEEDED = {
    "POSTGRES_PASSWORD": {"postgres", "code-server", "webserver", "daemon", "api"},
    "API_KEY": {"code-server", "webserver", "daemon", "api"},
    "LOGIN_CLIENT_SECRET": {"oauth2-proxy"},
    "LOGIN_COOKIE_SECRET": {"oauth2-proxy"},
    "GRAFANA_PASSWORD": {"grafana"},
    "ALERT_ON_CALL": {"code-server"},
    "ALERT_ALERTMANAGER": {"code-server"},
}


@pytest.mark.parametrize("secret", NEEDED)
def test_a_secret_is_only_with_the_services_that_need_it(secret):
    given = {
        name
        for name, each in SERVICES.items()
        if f"${{{secret}:" in json.dumps(each["environment"])
    }
    assert given == NEEDED[secret]


def test_only_what_people_look_at_is_published_and_only_on_this_machine():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    published = {each: [interpolated(port, {}) for port in ports[each]] for each in ports}
    assert published == {
        "webserver": ["127.0.0.1:3000:3000"],
        "api": ["127.0.0.1:8000:8000"],
        "grafana": ["127.0.0.1:3001:3000"],
        "proxy": ["127.0.0.1:443:8443", "127.0.0.1:8444:8444"],
    }


def test_every_variable_is_explained_and_no_secret_has_a_default():
    used = {match["name"]: match["kind"] for match in VARIABLE.finditer(json.dumps(COMPOSE))}
    assert set(used) == SETTABLE
    assert used["POSTGRES_PASSWORD"] == "?"


def settings_of(service, **given):
    environment = SERVICES[service]["environment"]
    return settings.load({k: interpolated(v, given) for k, v in environment.items()})


@pytest.mark.parametrize("name", ["code-server", "api"])
def test_the_environment_of_a_service_is_one_that_the_settings_take(name):
    chosen = settings_of(name, POSTGRES_PASSWORD="secret")
    assert chosen.source_url == "/landing"
    assert chosen.api_keys == chosen.cors_origins == ()
    assert chosen.database_url.get_secret_value().endswith(":secret@postgres:5432/dataflow_health")


def test_keys_and_origins_of_the_api_come_from_the_environment():
    given = {"API_KEYS": f"board:read:{'0' * 64}", "CORS_ORIGINS": "https://board.example"}
    chosen = settings_of("api", POSTGRES_PASSWORD="secret", **given)
    assert [(key.name, key.scope) for key in chosen.api_keys] == [("board", "read")]
    assert chosen.cors_origins == ("https://board.example",)


def test_the_api_answers_to_its_name_among_the_services_and_to_the_operators_names():
    assert settings_of("api", POSTGRES_PASSWORD="secret").api_hosts == ("api", "localhost")
    named = settings_of("api", POSTGRES_PASSWORD="secret", API_HOSTS="health.example")
    assert named.api_hosts == ("api", "localhost", "health.example")


def test_everything_that_is_mounted_or_copied_is_there():
    sources = [
        volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]
    ]
    named = {source for source in sources if not source.startswith((".", "$", "/"))}
    assert named == set(COMPOSE["volumes"])
    assert all((ROOT / source).exists() for source in sources if source.startswith("./"))
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    copied = [
        source for line in re.findall(r"^COPY (.*)$", dockerfile, re.M)
        for source in line.split()[1:-1]
    ]  # fmt: skip
    assert copied
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    for source in copied:
        assert (ROOT / source).exists()
        assert f"!{source}" in kept


@pytest.mark.slow
def test_the_instance_of_one_machine_is_one_that_dagster_takes(tmp_path):
    shutil.copy(dagster_home.shipped_config(), tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert instance.run_monitoring_enabled
        assert instance.run_retries_enabled


@pytest.mark.slow
@pytest.mark.usefixtures("chosen")
@pytest.mark.parametrize("file", ["dataflow_health/dagster.yaml", "deploy/dagster.yaml"])
def test_a_flight_that_lands_has_a_place_beside_all_that_starts_by_itself(file):
    concurrency = yaml.safe_load((ROOT / file).read_text())["concurrency"]
    limited = concurrency["runs"]["tag_concurrency_limits"]
    assert [each["limit"] for each in limited] == [1, 1, 1]
    scheduled = definitions.build().schedules
    assert scheduled
    assert len(scheduled) + len(limited) < concurrency["runs"]["max_concurrent_runs"]
    backfill_and_by_hand = 2
    assert concurrency["pools"]["default_limit"] > backfill_and_by_hand


SESSION_LIMITS = {
    "application_name": "dagster",
    "statement_timeout": "5min",
    "lock_timeout": "2min",
    "idle_in_transaction_session_timeout": "10min",
}


def on_server(postgres_url, folder):
    """Creates both databases and writes deploy/dagster.yaml; returns the variables it reads."""
    server = make_url(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for name in ("dagster", "dataflow_health"):
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute("CREATE DATABASE dataflow_health")  # the server's image does it
        connection.execute((ROOT / "deploy/postgres.sql").read_text())
    # The server of the tests listens on a socket in a folder, which a host name cannot say.
    text = (ROOT / "deploy/dagster.yaml").read_text().replace("      port: 5432\n", "")
    text = text.replace("params:\n", f"params:\n        host: {server.query['host']}\n")
    (folder / "dagster.yaml").write_text(text)
    return {
        "DAGSTER_POSTGRES_HOST": "",
        "DAGSTER_POSTGRES_USER": server.username,
        "DAGSTER_POSTGRES_PASSWORD": "x",
        "DAGSTER_POSTGRES_DB": "dagster",
    }


@pytest.mark.postgres
def test_the_instance_of_a_server_is_one_that_dagster_takes(tmp_path, monkeypatch, postgres_url):
    for name, value in on_server(postgres_url, tmp_path).items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert "Postgres" in instance.event_log_storage.__class__.__name__
        assert instance.get_runs_count() == 0
        assert not instance.telemetry_enabled
        with instance.run_storage.connect() as session:
            shown = [session.exec_driver_sql(f"SHOW {name}").scalar() for name in SESSION_LIMITS]
        assert shown == list(SESSION_LIMITS.values())


def test_the_code_location_has_one_name_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    (here,) = yaml.safe_load((ROOT / "workspace.yaml").read_text())["load_from"]
    (there,) = yaml.safe_load((ROOT / "deploy/workspace.yaml").read_text())["load_from"]
    command = COMMANDS["code-server"]
    assert {
        project["code_location_name"],
        here["python_module"]["location_name"],
        there["grpc_server"]["location_name"],
        code_server.LOCATION,
    } == {"dataflow_health"}
    assert {
        project["code_location_target_module"],
        here["python_module"]["module_name"],
        code_server.MODULE,
    } == {"dataflow_health.definitions"}
    assert there["grpc_server"]["host"] in SERVICES
    assert str(there["grpc_server"]["port"]) == command[command.index("--port") + 1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path, postgres_url):
    """Starts services by their own commands, in their own environment, on a database server.

    Addresses and folders are this machine's.
    """
    moved = {port: free_port() for port in ("3000", "4000", "7077", "8000", "8080", "8081")}
    moved |= dict.fromkeys(
        ("0\\.0\\.0\\.0", "code-server", "spark-master", "api(?=:)"), "127.0.0.1"
    )
    moved["/tmp/spark"] = str(tmp_path / "spark")
    moved |= {f"/{name}": str(tmp_path / name) for name in ("landing", "etc/dataflow-health")}

    def here(text):
        for there, ours in moved.items():
            text = re.sub(rf"(?<![\w-]){there}\b", ours, text)
        return text

    for folder in ("dagster", "landing", "etc/dataflow-health"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "workspace.yaml").write_text(here((ROOT / "deploy/workspace.yaml").read_text()))
    moved_variables = on_server(postgres_url, tmp_path / "dagster") | {
        "DATAFLOW_HEALTH_DATABASE_URL": postgres_url.replace("/postgres?", "/dataflow_health?"),
        "DAGSTER_HOME": str(tmp_path / "dagster"),
        "DATAFLOW_HEALTH_HOME": str(tmp_path / "home"),
    }

    def environment(name):
        written = {
            variable: here(interpolated(value, {"POSTGRES_PASSWORD": "x"}))
            for variable, value in SERVICES[name]["environment"].items()
        }
        return on_path(**written | moved_variables)

    running = []

    def ours(words):
        kept = 3 if words[0] == "dagster" else 2  # the name of a command is not that of a host
        return [*words[:kept], *map(here, words[kept:])]

    def is_healthy(name):
        probe = ours(PROBES[name])
        done = subprocess.run(
            probe, env=environment(name), cwd=tmp_path, capture_output=True, check=False
        )
        return done.returncode == 0

    def start(name):
        path = tmp_path / f"{name}.log"
        with path.open("w") as log:
            process = subprocess.Popen(
                ours(COMMANDS[name]),
                env=environment(name),
                cwd=tmp_path,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        running.append(process)

        def is_up():
            assert process.poll() is None, path.read_text()
            return is_healthy(name)

        wait_until(is_up, limit_s=300, poll_s=0.5, details=path.read_text)

    yield start
    for process in reversed(running):  # a code server that is asked to end waits for its clients
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.server
def test_the_services_come_up_by_their_own_commands_and_answer_their_own_probes(start):
    for name in ("code-server", "webserver", "daemon", "api"):
        start(name)


@pytest.mark.skipif(not shutil.which("java"), reason="no Java on this machine")
@pytest.mark.server
def test_spark_comes_up_by_its_own_commands_and_answers_its_own_probes(start):
    for name in ("spark-master", "spark-worker"):
        start(name)


def test_every_command_is_among_those_that_are_run():
    assert set(COMMANDS) == {
        "code-server", "webserver", "daemon", "api", "spark-master", "spark-worker",
    }  # fmt: skip
