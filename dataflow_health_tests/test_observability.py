"""deploy/observability: each file loaded by the program that reads it, where that is installed.

Prometheus and Alertmanager are Debian packages. Grafana, Loki and Alloy are not, so their files are
checked as far as their text goes.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jmespath
import pytest
import yaml
from fastapi.testclient import TestClient
from loguru import logger

from dataflow_health_tests import installation
from dataflow_health_tests.alerting.alert_servers import free_port
from dataflow_health_tests.alerting.alertmanager_server import alertmanager
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.waiting import wait_until
from docs.generate import dashboards

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy" / "observability"
CONFIG = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OBSERVERS = {name for name, each in SERVICES.items() if each.get("profiles") == ["observability"]}
QUERIES = {
    f"{name}: {panel.title}": expression
    for name, (_, panels) in dashboards.DASHBOARDS.items()
    for panel in panels
    if panel.kind != "logs"
    for expression in panel.expressions.values()
}
OF_OTHERS = re.compile(r"up|ALERTS|alertmanager_\w+|process_\w+")
"""Metrics that Prometheus and Alertmanager make, and those of any process."""

needs_prometheus = pytest.mark.skipif(
    not shutil.which("promtool"), reason="no prometheus on the PATH (Debian package prometheus)"
)


def run(*words: str | Path, cwd: Path = FOLDER) -> None:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Prometheus's files beside an empty key."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    text = (FOLDER / "prometheus.yml").read_text()
    key = str(FOLDER / "no_api_key")
    (tmp_path / "prometheus.yml").write_text(text.replace("/run/secrets/api_key", key))
    return tmp_path


@needs_prometheus
@pytest.mark.server
def test_promtool_takes_configuration_and_rules_and_the_rules_pass_their_tests(here: Path) -> None:
    run("promtool", "check", "config", "prometheus.yml", cwd=here)
    run("promtool", "check", "rules", "rules.yml")
    run("promtool", "test", "rules", "rules_test.yml")


@pytest.mark.skipif(not shutil.which("amtool"), reason="no amtool on the PATH")
@pytest.mark.server
def test_amtool_takes_the_configuration_and_alertmanager_starts_with_it(tmp_path: Path) -> None:
    run("amtool", "check-config", "alertmanager.yml")
    for labels, receiver in (
        (("severity=critical", "process=parse"), "on_call"),
        (("severity=warning",), "team"),
    ):
        routed = ("config", "routes", "test", "--config.file=alertmanager.yml")
        routed = (*routed, f"--verify.receivers={receiver}")
        run("amtool", *routed, *labels)
    with alertmanager(tmp_path, config=FOLDER / "alertmanager.yml") as server:
        assert server.alerts() == []


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Prometheus that scrapes a real API, Alertmanager excepted; its URL."""
    folder = tmp_path_factory.mktemp("prometheus")
    chosen = installation.settings(folder)
    engine = installation.filled(chosen)
    insert_findings(engine, 3, start_at=installation.NOW)
    engine.dispose()
    port = free_port()
    with installation.served(installation.app(chosen)) as api:
        httpx.get(f"{api}/api/v1/status")
        config = json.loads(json.dumps(CONFIG))
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["scrape_configs"] = config["scrape_configs"][:1]
        job = config["scrape_configs"][0]
        job["authorization"]["credentials_file"] = str(FOLDER / "no_api_key")
        job["static_configs"] = [{"targets": [api.removeprefix("http://")]}]
        del config["alerting"]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        shutil.copy(FOLDER / "rules.yml", folder)
        process = subprocess.Popen(
            ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
             f"--web.listen-address=127.0.0.1:{port}"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until(
                lambda: bool(samples(url, "rate(process_cpu_seconds_total[1m])")), limit_s=120
            )
            yield url
        finally:
            process.kill()
            process.wait()


def samples(url: str, expression: str) -> list[Any]:
    try:
        answer = httpx.get(f"{url}/api/v1/query", params={"query": expression})
    except httpx.HTTPError:
        return []
    document = answer.json() if answer.status_code != 503 else {"status": "success"}
    assert document["status"] == "success", document.get("error")
    return list(document.get("data", {}).get("result", []))


@needs_prometheus
@pytest.mark.server
def test_prometheus_scrapes_the_api_and_answers_every_panel(prometheus: str) -> None:
    assert [each["value"][1] for each in samples(prometheus, 'up{job="dataflow-health"}')] == ["1"]
    empty = set()
    for title, expression in QUERIES.items():
        query = expression.replace("$__rate_interval", "1m").replace("$aircraft", ".*")
        if not samples(prometheus, query):
            empty.add(title)
    # What has no value until the first recording is finished while the API serves.
    assert empty <= {"pipeline: Landing to results, 95th percentile"}, empty
    fired = {each["metric"]["alertname"] for each in samples(prometheus, "ALERTS")}
    assert "DataflowHealthDown" not in fired


def test_every_panel_and_rule_uses_metrics_that_the_api_has(api: TestClient) -> None:
    text = api.get("/api/v1/metrics").text
    exported = set(re.findall(r"^# TYPE (\w+)", text, re.M))
    exported |= {f"{each}_bucket" for each in re.findall(r"^# TYPE (\w+) histogram", text, re.M)}
    rules = [
        rule
        for group in yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"]
        for rule in group["rules"]
    ]
    exported |= {rule["record"] for rule in rules if "record" in rule}
    name = re.compile(
        r"\b(?:dataflow_health[\w:]*|process_\w+|alertmanager_\w+|up|ALERTS)\b(?!\s*=)"
    )
    expressions = [*QUERIES.values(), *(rule["expr"] for rule in rules)]
    used = {found for each in expressions for found in name.findall(re.sub(r'"[^"]*"', "", each))}
    used -= {"process", "process_status"}
    assert len(used) > 20
    assert {
        each for each in used if each not in exported and not OF_OTHERS.fullmatch(each)
    } == set()


def test_what_is_named_in_the_bundle_is_in_compose() -> None:
    targets = {
        config["job_name"]: config["static_configs"][0]["targets"][0].split(":")[0]
        for config in CONFIG["scrape_configs"]
    }
    assert set(targets.values()) - {"localhost"} <= {*SERVICES}
    assert set(targets) - {"dataflow-health"} == OBSERVERS
    sources = yaml.safe_load(
        (FOLDER / "grafana/provisioning/datasources/datasources.yml").read_text()
    )["datasources"]
    assert {httpx.URL(each["url"]).host for each in sources} <= OBSERVERS
    used = {
        target["datasource"]["uid"]
        for path in dashboards.FOLDER.glob("*.json")
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
    }
    assert used <= {each["uid"] for each in sources}
    (provider,) = yaml.safe_load(
        (FOLDER / "grafana/provisioning/dashboards/dashboards.yml").read_text()
    )["providers"]
    mounted = [each.split(":")[1] for each in SERVICES["grafana"]["volumes"]]
    assert provider["options"]["path"] in mounted


def test_loki_keeps_logs_where_its_volume_is() -> None:
    loki = yaml.safe_load((FOLDER / "loki.yml").read_text())
    (volume,) = [each for each in SERVICES["loki"]["volumes"] if each.startswith("loki:")]
    root = volume.split(":")[1]
    assert loki["common"]["path_prefix"] == root
    assert loki["compactor"]["working_directory"].startswith(root)
    assert loki["compactor"]["retention_enabled"]
    (schema,) = loki["schema_config"]["configs"]
    assert (schema["store"], schema["schema"]) == ("tsdb", "v13")  # structured metadata needs both


@pytest.mark.parametrize("path", sorted((FOLDER / "alloy").glob("*.alloy")), ids=lambda p: p.stem)
def test_alloy_finds_the_fields_of_a_record_as_it_is_logged(path: Path) -> None:
    text = path.read_text()
    assert text.count("{") == text.count("}")
    block = re.search(r"expressions = \{\n(.*?)\n    \}", text, re.S)
    assert block
    fields = dict(re.findall(r"(\w+)\s*= \"([\w.]+)\"", block[1]))
    lines: list[str] = []
    sink = logger.add(lines.append, serialize=True)
    ids = {"stage": "parse", "run": "r1", "recording": "d" * 64, "request": "q1"}
    with logger.contextualize(**ids):
        logger.warning("no frames")
    logger.remove(sink)
    found = {name: jmespath.search(place, json.loads(lines[-1])) for name, place in fields.items()}
    assert found == ids | {"level": "WARNING", "message": "no frames", "module": __name__}
    exported = set(re.findall(r"(\w+) = \"\"", text))
    assert exported <= {*fields, "service"}
    components = set(re.findall(r"^([\w.]+) \"(\w+)\"", text, re.M))
    for kind, name in re.findall(r"forward_to\s*= \[([\w.]+)\.(\w+)\.receiver\]", text):
        assert (kind, name) in components
