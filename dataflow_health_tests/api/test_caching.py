import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from dataflow_health.api.caching import MAX_BODIES, ResponseCache
from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene


@pytest.mark.slow
def test_a_client_that_has_the_newest_response_gets_304(api: TestClient) -> None:
    for path in ("/status", "/diagram", "/diagram/svg", "/api/v1/fleet", "/api/v1/badge/load.svg"):
        first = api.get(path)
        again = api.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]


def test_the_entity_tag_depends_on_the_query(api: TestClient) -> None:
    plain, expanded = api.get("/diagram"), api.get("/diagram", params={"expand": True})
    assert plain.headers["etag"] != expanded.headers["etag"]
    assert plain.text != expanded.text


@pytest.mark.slow
def test_a_thousand_requests_cost_one_evaluation_a_second(installation: Settings) -> None:
    client = scene.client(installation)
    statements: list[str] = []
    engine = client.app.state.monitor.engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    started_s = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: client.get("/status").status_code, range(1000)))
    took_s = time.monotonic() - started_s
    assert set(responses) == {200}
    evaluations = sum("FROM declared_algorithm" in statement for statement in statements)
    assert 1 <= evaluations <= took_s + 2, "at most one a second"


def test_a_body_is_built_once_for_simultaneous_requests(installation: Settings) -> None:
    cache, snapshot = ResponseCache(), scene.monitor(installation).snapshot()
    built: list[int] = []

    def build() -> bytes:
        built.append(1)
        time.sleep(0.05)
        return b"body"

    threads = [
        threading.Thread(target=cache.body, args=(snapshot, "/status?", build)) for _ in range(20)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(built) == 1


def test_a_new_snapshot_replaces_the_body(installation: Settings) -> None:
    cache, monitor = ResponseCache(), scene.monitor(installation)
    assert cache.body(monitor.snapshot(), "/status?", lambda: b"old") == b"old"
    assert cache.body(monitor.snapshot(oldest_s=-1), "/status?", lambda: b"new") == b"new"


def test_the_previous_body_is_served_while_one_of_the_same_state_is_built(
    installation: Settings,
) -> None:
    cache, monitor = ResponseCache(), scene.monitor(installation)
    cache.body(monitor.snapshot(), "/status?", lambda: b"old")
    later = monitor.snapshot(oldest_s=-1)
    started, finish = threading.Event(), threading.Event()

    def build() -> bytes:
        started.set()
        finish.wait()
        return b"new"

    builder = threading.Thread(target=cache.body, args=(later, "/status?", build))
    builder.start()
    started.wait()
    assert cache.body(later, "/status?", lambda: b"never") == b"old"
    finish.set()
    builder.join()
    assert cache.body(later, "/status?", lambda: b"never") == b"new"
    changed = dataclasses.replace(later, version="other")
    assert cache.body(changed, "/status?", lambda: b"changed") == b"changed"


def test_the_number_of_cached_bodies_is_bounded(installation: Settings) -> None:
    cache, snapshot = ResponseCache(), scene.monitor(installation).snapshot()
    for number in range(1000):
        cache.body(snapshot, f"/status?{number}", lambda: b"")
    assert len(cache) == MAX_BODIES


def test_the_least_recently_used_body_is_dropped_first(installation: Settings) -> None:
    cache, snapshot = ResponseCache(), scene.monitor(installation).snapshot()
    cache.body(snapshot, "/status?", lambda: b"often used")
    for number in range(MAX_BODIES + 10):
        cache.body(snapshot, f"/diagram?{number}", lambda: b"used once")
        assert cache.body(snapshot, "/status?", lambda: b"built again") == b"often used"
