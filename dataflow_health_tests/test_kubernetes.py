"""Files of deploy/kubernetes/: the same programs, settings and limits as docker-compose.yml."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataflow_health.secret_files import SUFFIX
from dataflow_health.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy/kubernetes"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
INSTANCE = yaml.safe_load((ROOT / "deploy/dagster.yaml").read_text())
VALUES = yaml.safe_load((FOLDER / "values.yaml").read_text())
OBJECTS: list[dict[str, Any]] = [
    each
    for name in ("secrets.example.yaml", "dataflow-health.yaml", "spark-connect.yaml")
    for each in yaml.safe_load_all((FOLDER / name).read_text())
]
NAMED = {(each["kind"], each["metadata"]["name"]): each for each in OBJECTS}
DEPLOYMENTS = {name: each for (kind, name), each in NAMED.items() if kind == "Deployment"}
LOCKED = {
    each["name"]: each["version"]
    for each in tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    if "version" in each
}
MADE_BY_COMMAND = {("ConfigMap", "dataflow-health-dagster")}
"""Made from deploy/dagster.yaml by a command of docs/howto/kubernetes.md."""


def pod(name: str) -> dict[str, Any]:
    """Pod of a deployment."""
    found: dict[str, Any] = DEPLOYMENTS[name]["spec"]["template"]["spec"]
    return found


def container(name: str) -> dict[str, Any]:
    """Container of a deployment."""
    [found] = pod(name)["containers"]
    return dict(found)


def test_every_name_is_given_once() -> None:
    assert len(NAMED) == len(OBJECTS)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_program_is_that_of_docker_compose(name: str) -> None:
    own, there = container(name), COMPOSE[name]
    assert (own["args"], own["image"]) == (there["command"], there["image"])
    [port] = own["ports"]
    assert str(port["containerPort"]) == own["args"][-1]
    [served] = NAMED["Service", name]["spec"]["ports"]
    assert (served["port"], served["targetPort"]) == (port["containerPort"], port["name"])
    assert NAMED["Service", name]["spec"]["selector"] == {"app": "dataflow-health", "part": name}
    probe = own["startupProbe"]
    words = str(there["healthcheck"]["test"])
    assert probe.get("httpGet", {}).get("path", "grpc-health-check") in words


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_program_has_limits_and_no_privileges(name: str) -> None:
    own = container(name)
    assert own["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    user = re.search(r"useradd --uid (\d+)", (ROOT / "deploy/Dockerfile").read_text())
    assert user
    assert pod(name)["securityContext"]["runAsUser"] == int(user[1])
    assert pod(name)["securityContext"]["runAsNonRoot"] is True
    assert pod(name)["automountServiceAccountToken"] is False
    assert pod(name)["enableServiceLinks"] is False
    assert {"requests", "limits"} == set(own["resources"])


def variables(name: str) -> set[str]:
    """Variables of a deployment."""
    own = container(name)
    given = {each["name"] for each in own["env"]}
    for source in own["envFrom"]:
        [(kind, reference)] = source.items()
        found = NAMED[{"configMapRef": "ConfigMap", "secretRef": "Secret"}[kind], reference["name"]]
        given |= set(found.get("data", found.get("stringData")))
    return given


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_variable_is_a_setting_or_one_that_the_instance_reads(name: str) -> None:
    settings = {f"{PREFIX}{each.upper()}" for each in Settings.model_fields}
    instance = set(re.findall(r"env: (\w+)", (ROOT / "deploy/dagster.yaml").read_text()))
    known = settings | instance | {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    given = {each.removesuffix(SUFFIX) for each in variables(name)}
    assert given - known == {f"{PREFIX}ALERT_ON_CALL"} & given
    there = {each for each in COMPOSE[name]["environment"] if "ALERT" not in each}
    optional = {each for each in there if "TOKEN_" in each} | {
        f"{PREFIX}CORS_ORIGINS",
        f"{PREFIX}TRUSTED_PROXIES",
    }
    assert there - given <= optional


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_what_a_program_mounts_exists_and_every_secret_file_is_there(name: str) -> None:
    volumes = {each["name"]: each for each in pod(name)["volumes"]}
    assert {each["name"] for each in container(name)["volumeMounts"]} == set(volumes)
    for each in volumes.values():
        wanted = {
            ("PersistentVolumeClaim", each.get("persistentVolumeClaim", {}).get("claimName")),
            ("ConfigMap", each.get("configMap", {}).get("name")),
            ("Secret", each.get("secret", {}).get("secretName")),
        }
        names = {key for key in wanted if key[1]}
        assert names <= set(NAMED) | MADE_BY_COMMAND
    files = NAMED["Secret", "dataflow-health-files"]["stringData"]
    for each in container(name)["env"]:
        folder, _, file = each["value"].rpartition("/")
        assert (folder, file in files) == ("/run/secrets/dataflow-health", True)


def test_no_secret_has_a_value() -> None:
    given = [each["stringData"].values() for (kind, _), each in NAMED.items() if kind == "Secret"]
    assert {value for values in given for value in values} == {""}


def test_the_chart_has_the_image_the_database_and_the_code_server_of_the_rest() -> None:
    image = COMPOSE["code-server"]["image"]
    for part in ("dagsterWebserver", "dagsterDaemon"):
        given = VALUES[part]
        assert f"{given['image']['repository']}:{given['image']['tag']}" == image
        assert ("ConfigMap", given["envConfigMaps"][0]["name"]) in NAMED
        assert ("Secret", given["envSecrets"][0]["name"]) in NAMED
    [server] = VALUES["dagsterWebserver"]["workspace"]["servers"]
    workspace = yaml.safe_load((ROOT / "deploy/workspace.yaml").read_text())["load_from"][0]
    expected = workspace["grpc_server"]
    assert (server["host"], server["port"], server["name"]) == (
        expected["host"], expected["port"], expected["location_name"],
    )  # fmt: skip
    settings = NAMED["ConfigMap", "dataflow-health-settings"]["data"]
    database = VALUES["postgresql"]
    assert database["postgresqlHost"] == settings["DAGSTER_POSTGRES_HOST"]
    assert database["postgresqlDatabase"] == settings["DAGSTER_POSTGRES_DB"]
    assert database["postgresqlUsername"] == settings["DAGSTER_POSTGRES_USER"]
    secret = NAMED["Secret", VALUES["global"]["postgresqlSecretName"]]
    assert "postgresql-password" in secret["stringData"]


def test_the_chart_is_given_the_instance_of_deploy_dagster_yaml() -> None:
    daemon = VALUES["dagsterDaemon"]
    queue = daemon["runCoordinator"]["config"]["queuedRunCoordinator"]
    runs = INSTANCE["concurrency"]["runs"]
    assert queue == {
        "maxConcurrentRuns": runs["max_concurrent_runs"],
        "tagConcurrencyLimits": runs["tag_concurrency_limits"],
    }
    assert VALUES["additionalInstanceConfig"]["concurrency"] == {
        "pools": INSTANCE["concurrency"]["pools"]
    }
    launcher = VALUES["runLauncher"]["config"]["customRunLauncher"]
    assert {key: launcher[key] for key in ("module", "class")} == INSTANCE["run_launcher"]
    kept = {name: {"purge_after_days": VALUES["retention"][name]["purgeAfterDays"]}
            for name in ("schedule", "sensor")}  # fmt: skip
    assert kept == INSTANCE["retention"]
    for own, there in (("runMonitoring", "run_monitoring"), ("runRetries", "run_retries"),
                       ("sensors", "sensors")):  # fmt: skip
        snake = {re.sub("([A-Z])", r"_\1", key).lower(): value
                 for key, value in daemon[own].items()}  # fmt: skip
        assert snake == INSTANCE[there]


def test_network_policies_name_the_ports_and_pods_of_the_programs() -> None:
    for name in DEPLOYMENTS:
        policy = NAMED["NetworkPolicy", f"dataflow-health-{name}"]["spec"]
        assert policy["podSelector"]["matchLabels"] == {"app": "dataflow-health", "part": name}
        [rule] = policy["ingress"]
        assert rule["ports"] == [
            {"protocol": "TCP", "port": container(name)["ports"][0]["containerPort"]}
        ]
    web = NAMED["NetworkPolicy", "dataflow-health-webserver"]["spec"]["ingress"][0]["ports"]
    assert web[0]["port"] == VALUES["dagsterWebserver"]["service"]["port"]


def test_versions_are_those_of_the_lock_file() -> None:
    spark = NAMED["SparkConnect", "spark-connect"]["spec"]["sparkVersion"]
    assert spark == LOCKED["pyspark"]
    page = (ROOT / "docs/howto/kubernetes.md").read_text()
    assert f"pyspark[connect]=={LOCKED['pyspark']}" in page
    for text in (page, (FOLDER / "values.yaml").read_text()):
        assert re.findall(r"--version (\S+)", text) == [LOCKED["dagster"]]
