import hashlib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.api.auth import MAX_CLIENTS, Authenticator, RateLimiter
from dataflow_health.api.envelope import RequestRejected
from dataflow_health.settings import ApiKey
from dataflow_health_tests import installation as scene


def key(name: str, scope: str) -> ApiKey:
    digest = hashlib.sha256(f"secret of {name}".encode()).hexdigest()
    return ApiKey.model_validate({"name": name, "scope": scope, "sha256": digest})


KEYS = (key("grafana", "read"), key("oncall", "operate"))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return scene.client(scene.settings(tmp_path_factory.mktemp("guarded"), api_keys=KEYS))


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "secret of grafana"},
        {"Authorization": "Bearer secret of grafana"},
        {"X-API-Key": "secret of oncall"},
    ],
)
def test_a_known_key_may_read(guarded: TestClient, headers: dict[str, str]) -> None:
    assert guarded.get("/status", headers=headers).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "secret"}, {"Authorization": "Basic x"}])
def test_without_a_known_key_nothing_is_told(guarded: TestClient, headers: dict[str, str]) -> None:
    for path in ("/status", "/diagram", "/api/v1/explain", "/api/v1/metrics", "/api/v1/events"):
        answer = guarded.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "invalid_key"
        assert answer.headers["www-authenticate"] == "Bearer"


def test_whether_it_lives_needs_no_key(guarded: TestClient) -> None:
    assert guarded.get("/health").status_code == 200


def test_who_may_read_may_not_operate() -> None:
    access = Authenticator(KEYS, RateLimiter(0))
    with pytest.raises(RequestRejected, match="may read only"):
        access.admit("secret of grafana", "1.2.3.4", "operate")
    assert access.admit("secret of oncall", "1.2.3.4", "operate") == "oncall"


def test_without_any_keys_all_may_read_and_nobody_may_operate() -> None:
    access = Authenticator((), RateLimiter(0))
    assert access.admit("", "1.2.3.4", "read") == "anonymous"
    with pytest.raises(RequestRejected):
        access.admit("", "1.2.3.4", "operate")


def test_who_asks_too_often_is_told_when_to_ask_again(tmp_path: Path) -> None:
    client = scene.client(scene.settings(tmp_path, rate_limit_per_minute=3))
    answers = [client.get("/status") for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert client.get("/health").status_code == 200


@given(per_minute=st.integers(1, 600), gaps_s=st.lists(st.floats(0, 30), min_size=1, max_size=200))
def test_no_more_pass_than_the_limit_allows(per_minute: int, gaps_s: list[float]) -> None:
    now = [0.0]
    limit = RateLimiter(per_minute, lambda: now[0])
    passed = 0
    for gap_s in gaps_s:
        now[0] += gap_s
        passed += limit.wait_s("one") == 0
    assert passed <= per_minute + now[0] * per_minute / 60 + 1e-6


def test_who_waits_as_told_is_served() -> None:
    now = [0.0]
    limit = RateLimiter(60, lambda: now[0])
    for _ in range(60):
        assert limit.wait_s("one") == 0
    wait_s = limit.wait_s("one")
    now[0] += wait_s
    assert wait_s > 0
    assert limit.wait_s("one") == 0
    assert limit.wait_s("another") == 0


def test_clients_without_end_are_forgotten() -> None:
    limit = RateLimiter(60)
    for number in range(MAX_CLIENTS + 50):
        limit.wait_s(str(number))
    assert len(limit._left) == MAX_CLIENTS
