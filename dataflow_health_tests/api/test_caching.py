import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient
from sqlalchemy import event

from dataflow_health.api.caching import MAX_BODIES, ResponseCache
from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene


def test_who_has_it_already_gets_nothing_new(api: TestClient) -> None:
    for path in ("/status", "/diagram", "/diagram/svg", "/api/v1/fleet", "/api/v1/badge/load.svg"):
        first = api.get(path)
        again = api.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]


def test_a_tag_is_of_the_query_too(api: TestClient) -> None:
    plain, expanded = api.get("/diagram"), api.get("/diagram", params={"expand": True})
    assert plain.headers["etag"] != expanded.headers["etag"]
    assert plain.text != expanded.text


def test_a_thousand_who_poll_cost_one_evaluation(installation: Settings) -> None:
    client = scene.client(installation)
    read: list[str] = []
    engine = client.app.state.watch.engine
    event.listen(engine, "before_cursor_execute", lambda *told: read.append(told[2]))
    begun_s = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: client.get("/status").status_code, range(1000)))
    took_s = time.monotonic() - begun_s
    assert set(answers) == {200}
    evaluations = sum("FROM observation" in statement for statement in read)
    assert 1 <= evaluations <= took_s + 2, "at most one a second"


def test_a_body_is_made_once_though_many_want_it_at_once(installation: Settings) -> None:
    shelf, snapshot = ResponseCache(), scene.watch(installation).snapshot()
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        time.sleep(0.05)
        return b"body"

    threads = [
        threading.Thread(target=shelf.body, args=(snapshot, "/status?", make)) for _ in range(20)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(made) == 1


def test_a_new_snapshot_forgets_the_old_bodies(installation: Settings) -> None:
    shelf, watch = ResponseCache(), scene.watch(installation)
    assert shelf.body(watch.snapshot(), "/status?", lambda: b"old") == b"old"
    assert shelf.body(watch.snapshot(oldest_s=-1), "/status?", lambda: b"new") == b"new"


def test_while_a_body_is_made_anew_the_last_one_of_the_same_state_is_given(
    installation: Settings,
) -> None:
    shelf, watch = ResponseCache(), scene.watch(installation)
    shelf.body(watch.snapshot(), "/status?", lambda: b"old")
    later = watch.snapshot(oldest_s=-1)
    begun, finish = threading.Event(), threading.Event()

    def make() -> bytes:
        begun.set()
        finish.wait()
        return b"new"

    maker = threading.Thread(target=shelf.body, args=(later, "/status?", make))
    maker.start()
    begun.wait()
    assert shelf.body(later, "/status?", lambda: b"never") == b"old"
    finish.set()
    maker.join()
    assert shelf.body(later, "/status?", lambda: b"never") == b"new"
    changed = dataclasses.replace(later, version="other")
    assert shelf.body(changed, "/status?", lambda: b"changed") == b"changed"


def test_bodies_are_bounded_whatever_is_asked(installation: Settings) -> None:
    shelf, snapshot = ResponseCache(), scene.watch(installation).snapshot()
    for number in range(1000):
        shelf.body(snapshot, f"/status?{number}", lambda: b"")
    assert len(shelf._kept) <= MAX_BODIES
