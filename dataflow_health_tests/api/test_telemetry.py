import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from dataflow_health.api.app import create_app
from dataflow_health.monitoring.signals import receiver
from dataflow_health.settings import Settings
from dataflow_health.storage.signals import points as stored_points
from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import KEYS, OPERATOR, READER
from dataflow_health_tests.waiting import wait_until

pytestmark = pytest.mark.server


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    return installation.settings(tmp_path, api_keys=KEYS, api_probes=False)


@pytest.fixture
def api(chosen: Settings) -> Iterator[httpx.Client]:
    with (
        installation.served(create_app(chosen)) as url,
        httpx.Client(base_url=f"{url}/api/v1", headers=OPERATOR, timeout=30) as client,
    ):
        yield client


def at(seconds_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat()


def data(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()["data"]


def test_a_value_that_was_acknowledged_is_in_the_history_and_the_list(api: httpx.Client) -> None:
    body = {"timestamp": at(2), "signals": {"sine_wave": 1.5, "random_walk": -3}}
    assert data(api.post("/telemetry", json=body)) == {"stored": 2, "too_old": 0}
    listed = data(api.get("/signals"))
    assert [(each["name"], each["value"]) for each in listed] == [
        ("random_walk", -3.0), ("sine_wave", 1.5),
    ]  # fmt: skip
    assert listed[0]["age_s"] < 60
    history = data(api.get("/telemetry", params={"signal": "sine_wave"}))
    (series,) = history["signals"]
    assert (series["mean"], series["low"], series["points"]) == ([1.5], [1.5], [1])
    assert series["at_s"] == [datetime.fromisoformat(body["timestamp"]).timestamp()]


def test_a_signal_has_a_source_a_unit_and_a_state(api: httpx.Client) -> None:
    body = {"timestamp": at(2), "signals": {"a": 1.5, "b": 2}}
    data(api.post("/telemetry", json=body | {"source": "HB-Z01", "units": {"a": "kt"}}))
    listed = {each["name"]: each for each in data(api.get("/signals"))}
    shown = {name: (each["source"], each["unit"]) for name, each in listed.items()}
    assert shown == {"a": ("HB-Z01", "kt"), "b": ("HB-Z01", "")}
    assert {each["state"] for each in listed.values()} == {"arriving"}
    data(api.post("/telemetry", json=body | {"timestamp": at(1)}))
    first, _ = data(api.get("/signals"))
    assert (first["source"], first["unit"]) == ("anna", "kt"), "the key names who sent it"
    assert api.post("/telemetry", json=body | {"source": " \n"}).status_code == 422


def test_the_limits_have_the_values_beyond_which_they_are_crossed(tmp_path: Path) -> None:
    file = tmp_path / "config" / "live_algorithms" / "a_high.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        "{describes: Too high., source: A test., severity: warning, kind: exceedance, "
        "when: a > 9 or a < b, examples: [{given: {a: [1, 10], b: 0}, "
        "expect: [{start_s: 1, end_s: 1}]}]}"
    )
    chosen = installation.settings(tmp_path, api_keys=KEYS, config=file.parents[1])
    (limit,) = data(installation.client(chosen).get("/api/v1/telemetry/limits", headers=READER))
    assert limit == {
        "name": "a_high", "describes": "Too high.", "severity": "warning", "signals": ["a", "b"],
        "bands": [{"signal": "a", "low": 9.0, "high": None}],
    }  # fmt: skip


def test_a_request_that_is_sent_again_stores_nothing_twice(api: httpx.Client) -> None:
    samples = [{"timestamp": at(n), "signals": {"a": n}} for n in range(5)]
    for _ in range(3):
        assert data(api.post("/telemetry", json={"samples": samples}))["stored"] == 5
    (series,) = data(api.get("/telemetry"))["signals"]
    assert series["mean"] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"timestamp": "2026-11-29T06:00:00"},
        {"timestamp": "2026-11-29T06:00:00", "signals": {"a": 1}},
        {"timestamp": "2026-11-29T06:00:00Z", "signals": {}},
        {"timestamp": "2026-11-29T06:00:00Z", "signals": {"a b": 1}},
        {"timestamp": "2026-11-29T06:00:00Z", "signals": {"a": "high"}},
        {"timestamp": "2026-11-29T06:00:00Z", "signals": {"a": None}},
        {"timestamp": "2099-11-29T06:00:00Z", "signals": {"a": 1}},
        {"timestamp": "2026-11-29T06:00:00Z", "signals": {"a": 1}, "samples": []},
        {"samples": [{"timestamp": "2026-11-29T06:00:00Z", "signals": {}}]},
    ],
)
def test_a_body_that_is_no_sample_is_refused(api: httpx.Client, body: dict[str, Any]) -> None:
    if body.get("samples") == []:
        body["samples"] = [{"timestamp": body["timestamp"], "signals": {"b": 1}}]
    refused = api.post("/telemetry", json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["error"]["code"] == "invalid_request"
    assert data(api.get("/signals")) == []


def test_infinite_values_are_refused(api: httpx.Client) -> None:
    text = '{"timestamp": "2026-11-29T06:00:00Z", "signals": {"a": Infinity}}'
    headers = {"Content-Type": "application/json"}
    assert api.post("/telemetry", content=text, headers=headers).status_code == 422


def test_values_older_than_what_is_kept_are_counted_and_left_out(api: httpx.Client) -> None:
    samples = [{"timestamp": at(ago), "signals": {"a": 1}} for ago in (1, 4000)]
    assert data(api.post("/telemetry", json={"samples": samples})) == {"stored": 1, "too_old": 1}


def test_a_reader_may_not_send_values(api: httpx.Client) -> None:
    body = {"timestamp": at(1), "signals": {"a": 1}}
    assert api.post("/telemetry", json=body, headers=READER).status_code == 403
    assert data(api.get("/signals", headers=READER)) == []


def test_a_signal_too_many_is_refused(api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_points, "MAX_SIGNALS", 2)
    body = {"timestamp": at(1), "signals": {"a": 1, "b": 2}}
    assert data(api.post("/telemetry", json=body))["stored"] == 2
    refused = api.post("/telemetry", json=body | {"signals": {"c": 1}})
    assert refused.status_code == 409
    assert "at most 2" in refused.json()["error"]["message"]


def test_a_sender_is_asked_to_wait_while_too_many_values_do(
    api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "MAX_WAITING", 1)
    body = {"timestamp": at(1), "signals": {"a": 1, "b": 2}}
    refused = api.post("/telemetry", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "too_busy")
    assert int(refused.headers["Retry-After"]) >= 1


def test_an_unknown_signal_is_named_with_the_known_ones(api: httpx.Client) -> None:
    api.post("/telemetry", json={"timestamp": at(1), "signals": {"sine_wave": 1}})
    missing = api.get("/telemetry", params={"signal": "cosine"})
    assert missing.status_code == 404
    assert "sine_wave" in missing.json()["error"]["message"]


def test_a_range_that_ends_before_it_begins_is_refused(api: httpx.Client) -> None:
    params = {"from_at": "2026-11-20T06:00:00Z", "to_at": "2026-11-20T05:00:00Z"}
    assert api.get("/telemetry", params=params).status_code == 422


def test_a_stream_begins_with_the_newest_values_and_goes_on_with_new_points(
    api: httpx.Client,
) -> None:
    api.post("/telemetry", json={"timestamp": at(9), "signals": {"a": 1, "b": 2}})
    with api.stream("GET", "/telemetry/stream", params={"signal": "a"}) as stream:
        lines = stream.iter_lines()
        assert [each["values"] for each in next_event(lines).values()] == [[1.0]]
        samples = [{"timestamp": at(n), "signals": {"a": n, "b": n}} for n in (7, 6, 8)]
        data(api.post("/telemetry", json={"samples": samples}))
        new = next_event(lines)
    assert list(new) == ["a"]
    assert new["a"]["values"] == [8.0, 7.0, 6.0]
    assert new["a"]["at_s"] == sorted(new["a"]["at_s"])


def test_a_stream_without_a_choice_has_the_newest_point_of_each_signal(api: httpx.Client) -> None:
    with api.stream("GET", "/telemetry/stream") as stream:
        lines = stream.iter_lines()
        samples = [{"timestamp": at(n), "signals": {"a": n, "b": -n}} for n in (7, 6)]
        data(api.post("/telemetry", json={"samples": samples}))
        assert {name: each["values"] for name, each in next_event(lines).items()} == {
            "a": [6.0], "b": [-6.0],
        }  # fmt: skip


def test_a_stream_can_end_after_the_newest_values(api: httpx.Client) -> None:
    api.post("/telemetry", json={"timestamp": at(9), "signals": {"a": 1}})
    shown = api.get("/telemetry/stream", params={"follow": False})
    assert shown.headers["content-type"].startswith("text/event-stream")
    assert list(next_event(iter(shown.text.splitlines()))) == ["a"]


def test_open_streams_end_when_the_server_does(chosen: Settings) -> None:
    app = create_app(chosen)
    with installation.served(app) as url:
        client = httpx.Client(base_url=f"{url}/api/v1", headers=OPERATOR, timeout=30)
        stream = client.send(client.build_request("GET", "/telemetry/stream"), stream=True)
        wait_until(lambda: app.state.signal_hub.streams)
    assert not app.state.signal_hub.streams
    stream.close()
    client.close()


def test_without_its_database_values_are_refused_and_taken_once_it_is_back(
    tmp_path: Path,
) -> None:
    place = tmp_path / "telemetry.sqlite"
    place.mkdir()  # SQLite cannot open a folder
    chosen = installation.settings(tmp_path, api_keys=KEYS, api_probes=False)
    body = {"timestamp": at(1), "signals": {"a": 1}}
    with (
        installation.served(create_app(chosen)) as url,
        httpx.Client(base_url=f"{url}/api/v1", headers=OPERATOR, timeout=30) as api,
    ):
        refused = api.post("/telemetry", json=body)
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "ledger_unreachable"
        assert api.get("/signals").status_code == 503
        place.rmdir()
        assert data(api.post("/telemetry", json=body))["stored"] == 1


def next_event(lines: Iterator[str]) -> dict[str, Any]:
    """Signals of the next event; comments and other fields are skipped."""
    text = next(line for line in lines if line.startswith("data:"))
    signals: dict[str, Any] = json.loads(text.removeprefix("data:"))["signals"]
    return signals
