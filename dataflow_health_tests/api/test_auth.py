import hashlib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.api.auth import MAX_CLIENTS, Authenticator, RateLimiter
from dataflow_health.api.envelope import RequestRejected
from dataflow_health.settings import ApiKey
from dataflow_health.storage.records import audit_log
from dataflow_health_tests import installation
from dataflow_health_tests.api import token_factory

ADDRESS, OTHER_ADDRESS = "192.0.2.7", "192.0.2.8"


def key(name: str, scope: str) -> ApiKey:
    digest = hashlib.sha256(f"secret of {name}".encode()).hexdigest()
    return ApiKey.model_validate({"name": name, "scope": scope, "sha256": digest})


KEYS = (key("grafana", "read"), key("oncall", "operate"))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return installation.client(
        installation.settings(tmp_path_factory.mktemp("guarded"), api_keys=KEYS)
    )


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
def test_a_request_without_a_known_key_is_refused(
    guarded: TestClient, headers: dict[str, str]
) -> None:
    for path in ("/status", "/diagram", "/api/v1/explain", "/api/v1/metrics", "/api/v1/events"):
        response = guarded.get(path, headers=headers)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "invalid_key"
        assert response.headers["www-authenticate"] == "Bearer"


def test_the_health_of_the_service_needs_no_key(guarded: TestClient) -> None:
    assert guarded.get("/health").status_code == 200


def test_a_read_key_may_not_operate() -> None:
    authenticator = Authenticator(KEYS, RateLimiter(0))
    with pytest.raises(RequestRejected, match="may read only"):
        authenticator.authenticate("secret of grafana", ADDRESS, "operate")
    assert authenticator.authenticate("secret of oncall", ADDRESS, "operate").name == "oncall"


def test_without_any_keys_everyone_may_read_and_nobody_may_operate() -> None:
    authenticator = Authenticator((), RateLimiter(0))
    assert authenticator.authenticate("", ADDRESS, "read").name == "anonymous"
    with pytest.raises(RequestRejected):
        authenticator.authenticate("", ADDRESS, "operate")


def test_a_client_with_an_empty_key_has_none(api: TestClient, guarded: TestClient) -> None:
    for value in ("Bearer", "Bearer "):
        assert api.get("/status", headers={"Authorization": value}).status_code == 200
        answer = guarded.get("/status", headers={"Authorization": value})
        assert answer.json()["error"]["message"].startswith("give a key of this API")


def test_a_client_over_the_limit_gets_429_and_the_time_to_wait(tmp_path: Path) -> None:
    client = installation.client(installation.settings(tmp_path, rate_limit_per_minute=3))
    responses = [client.get("/status") for _ in range(4)]
    assert [each.status_code for each in responses] == [200, 200, 200, 429]
    assert int(responses[-1].headers["retry-after"]) >= 1
    assert client.get("/health").status_code == 200


def test_the_rate_limit_counts_per_key_and_not_per_address() -> None:
    authenticator = Authenticator(KEYS, RateLimiter(1, lambda: 0.0))
    assert authenticator.authenticate("secret of grafana", ADDRESS, "read").name == "grafana"
    assert authenticator.authenticate("secret of oncall", ADDRESS, "read").name == "oncall"
    with pytest.raises(RequestRejected, match="too many requests"):
        authenticator.authenticate("secret of grafana", OTHER_ADDRESS, "read")


def test_without_a_valid_key_the_rate_limit_counts_per_address() -> None:
    authenticator = Authenticator((), RateLimiter(1, lambda: 0.0))
    assert authenticator.authenticate("", ADDRESS, "read").name == "anonymous"
    assert authenticator.authenticate("", OTHER_ADDRESS, "read").name == "anonymous"
    with pytest.raises(RequestRejected, match="too many requests"):
        authenticator.authenticate("", ADDRESS, "read")


def test_guessing_keys_is_rate_limited() -> None:
    authenticator = Authenticator(KEYS, RateLimiter(1, lambda: 0.0))
    with pytest.raises(RequestRejected, match="give a key"):
        authenticator.authenticate("first guess", ADDRESS, "read")
    with pytest.raises(RequestRejected, match="too many requests"):
        authenticator.authenticate("second guess", ADDRESS, "read")


@given(per_minute=st.integers(1, 600), gaps_s=st.lists(st.floats(0, 30), min_size=1, max_size=200))
def test_no_more_requests_pass_than_the_limit_allows(per_minute: int, gaps_s: list[float]) -> None:
    now_s = [0.0]
    limiter = RateLimiter(per_minute, lambda: now_s[0])
    passed = 0
    for gap_s in gaps_s:
        now_s[0] += gap_s
        passed += limiter.acquire("one") == 0
    assert passed <= per_minute + now_s[0] * per_minute / 60 + 1e-6


def test_a_client_that_waits_as_long_as_it_must_is_served() -> None:
    now_s = [0.0]
    limiter = RateLimiter(60, lambda: now_s[0])
    for _ in range(60):
        assert limiter.acquire("one") == 0
    wait_s = limiter.acquire("one")
    now_s[0] += wait_s
    assert wait_s > 0
    assert limiter.acquire("one") == 0
    assert limiter.acquire("another") == 0


def test_the_number_of_tracked_clients_is_bounded() -> None:
    limiter = RateLimiter(60)
    for number in range(MAX_CLIENTS + 50):
        limiter.acquire(str(number))
    assert len(limiter._tokens) == MAX_CLIENTS


def test_with_tokens_only_a_token_opens_and_its_name_reaches_the_audit_log(tmp_path: Path) -> None:
    settings = token_factory.settings(tmp_path)
    engine = installation.filled(settings)
    client = installation.client(settings)
    assert client.get("/status").status_code == 401
    assert client.get("/status", headers={"X-API-Key": "a.b.c"}).status_code == 401
    reader, operator = (
        {"Authorization": f"Bearer {token_factory.token(roles=[role])}"}
        for role in ("read", "operate")
    )
    assert client.get("/status", headers=reader).status_code == 200
    path, body = "/api/v1/quarantine/write-off", {"reason": "cut off", "stage": "parse"}
    refused = client.post(path, headers=reader, json=body)
    assert refused.json()["error"]["message"].startswith("the token of Anna Müller may read only")
    client.post(path, headers=operator, json=body)
    [entry] = audit_log.read(engine, limit=1)
    assert (entry.operator, entry.origin) == ("Anna Müller", "api by token@testclient")
