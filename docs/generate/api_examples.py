"""Generates ``docs/reference/api_examples.md``: a request and its response for every route.

The routes, their parameters and bodies come from the OpenAPI document; the responses are those of
an API over a small installation with synthetic data. Lists are cut after their first item, and
texts after a few lines.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi.testclient import TestClient
from pydantic import JsonValue

from benchmarks.filled_ledger import recording_id
from dataflow_health.clock import utc_now
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import KEYS, OPERATOR
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.health.incident_factories import make_incident
from dataflow_health_tests.plotted_recording import write_parameters
from docs.generate.markdown import code, replace_generated, table

PREFIX = "/api/v1"
TAIL = "HB-Z00"
LINES, CHARACTERS = 8, 160
"""Most lines of a text, and most characters of one value, that the page shows."""


class Example(NamedTuple):
    """A request.

    Attributes:
        values: Values of the parameters in the path and the query.
        body: JSON of the body; None for a request without one.
        after: Route that has to be called before.
    """

    values: Mapping[str, Any] = {}
    body: Mapping[str, Any] | None = None
    after: str = ""


class Answer(NamedTuple):
    """A route with its example.

    Attributes:
        method: HTTP method.
        route: Path with the names of its parameters.
        operation: Its part of the OpenAPI document.
        url: Path and query of the request.
        example: The request.
        content: Parsed JSON of the response, or its text.
        media_type: Media type of the response.
    """

    method: str
    route: str
    operation: Mapping[str, Any]
    url: str
    example: Example
    content: Any
    media_type: str


@contextmanager
def sample_api() -> Iterator[TestClient]:
    """A client of an API over 40 recordings, two of them in quarantine, with an open incident."""
    with tempfile.TemporaryDirectory() as folder:
        settings = installation.settings(Path(folder), api_keys=KEYS)
        engine = installation.filled(settings)
        with writing(engine) as connection:
            incidents.save(connection, make_incident(id=0))
        insert_findings(engine, 2, tail=TAIL, recording_id=recording_id(0))
        engine.dispose()
        write_parameters(settings)
        yield installation.client(settings)


def examples(client: TestClient) -> dict[str, Example]:
    """Values for the parameters of the routes that need some, from what the API itself lists."""

    def read(path: str) -> Any:  # noqa: ANN401 - JSON of any shape
        return client.get(PREFIX + path, headers=OPERATOR).json()["data"]

    finding = read("/findings")["findings"][0]
    waiting = [each["id"][:12] for each in read("/quarantine")]
    number = str(read("/incidents")[0]["id"])
    recording, tail = recording_id(0), TAIL
    seen = {name: finding[name] for name in ("start_s", "severity", "detail")}
    reason = {"reason": "sent again by the base"}
    parameter = read(f"/recordings/{recording}/parameters")[0]["name"]
    day = "2026-11-20T06:00:00Z"
    until = f"{utc_now() + timedelta(hours=4):%Y-%m-%dT%H:00:00Z}"
    mute = "/incidents/{incident}/mute"
    note = {"text": "gust over the ridge, seen by the crew"}
    annotate = "/processes/{process}/annotations"
    return {
        "/annotations/{annotation}/edit": Example({"annotation": 1}, note, annotate),
        "/annotations/{annotation}/delete": Example({"annotation": 1}, {}, annotate),
        annotate: Example({"process": "parse"}, {"text": "disk was exchanged at 05:40"}),
        "/incidents/{incident}/annotations": Example({"incident": number}, note),
        "/recordings/{recording}/annotations": Example(
            {"recording": recording[:12]}, {**note, "start_s": 5, "algorithm": "torque_0"}
        ),
        "/badge/{process}.svg": Example({"process": "parse"}),
        "/changes": Example({"before": "2026-11-20T00:00:00Z", "after": day}),
        "/events": Example({"follow": "false"}),
        "/explain/{process}": Example({"process": "parse"}),
        "/findings": Example({"tail": tail, "limit": 1}),
        "/findings/trend": Example({"tail": tail, "from_at": f"{utc_now():%Y-%m}-01T00:00:00Z"}),
        "/findings/export": Example({"tail": tail, "format": "csv"}),
        "/findings/{recording}/{algorithm}/{number}/judge": Example(
            {name: finding[name] for name in ("recording", "algorithm", "number")},
            {"state": "confirmed", "reason": "seen on the gauge", **seen},
        ),
        "/fleet/{tail}/coverage": Example({"tail": tail, "days": 3660}),
        "/fleet/{tail}/ready": Example({"tail": tail}),
        "/impact/{name}": Example({"name": "rotor_speed_high"}),
        "/incidents/{incident}": Example({"incident": number}),
        "/incidents/{incident}/ack": Example({"incident": number}, {"note": "looking at it"}),
        mute: Example(
            {"incident": number},
            {"until": until, "ticket": "https://tickets.example/41"},
        ),
        "/incidents/{incident}/unmute": Example({"incident": number}, {"note": "repaired"}, mute),
        "/incidents/{incident}/resolve": Example({"incident": number}, {"how": "fixed"}),
        "/lineage": Example({"node": "algorithm:rotor_droop", "depth": 1}),
        "/lineage/path": Example(
            {"first": "layout:generic_twin_256", "last": "algorithm:rotor_droop"}
        ),
        "/quarantine/replay": Example({}, {"stage": "parse", "reason_code": "no_sync", **reason}),
        "/quarantine/write-off": Example(
            {}, {"stage": "parse", "reason_code": "no_sync", **reason}
        ),
        "/quarantine/{item}": Example({"item": waiting[0]}),
        "/quarantine/{item}/replay": Example({"item": waiting[0]}, reason),
        "/quarantine/{item}/write-off": Example({"item": waiting[-1]}, reason),
        "/recordings": Example({"tail": tail, "limit": 1}),
        "/recordings/{recording}": Example({"recording": recording[:12]}),
        "/current": Example({"tail": tail}),
        "/recordings/{recording}/export": Example(
            {"recording": recording[:12], "parameter": parameter, "from": 0, "to": 3}
        ),
        "/recordings/{recording}/limits": Example({"recording": recording[:12]}),
        "/recordings/{recording}/phases": Example({"recording": recording[:12]}),
        "/recordings/{recording}/parameters": Example({"recording": recording[:12]}),
        "/recordings/{recording}/rebuild": Example(
            {"recording": recording[:12]}, {"stage": "store", **reason}
        ),
        "/recordings/{recording}/series": Example(
            {"recording": recording[:12], "parameter": parameter, "from": 0, "to": 60, "px": 4}
        ),
        "/rerun": Example({}, {"dry_run": True}),
        "/status/{process}": Example({"process": "parse"}),
        "/vocabulary": Example({"text": "oil pressure", "limit": 1}),
    }


def answers() -> Iterator[Answer]:
    """Every route with its example: those that read, then those that act, each on its own API."""
    with sample_api() as client:
        document = client.get(f"{PREFIX}/openapi.json").json()
        chosen = examples(client)
        routes = [
            (method.upper(), path.removeprefix(PREFIX), operation)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        ]
        for method, route, operation in routes:
            example = chosen.get(route, Example())
            if method == "GET" and (route in chosen or not needs_example(operation)):
                yield _ask(client, method, route, operation, example)
            elif method == "GET":
                yield Answer(method, route, operation, route, example, "", "")
    for method, route, operation in routes:
        if method != "GET" and route in chosen:
            with sample_api() as client:
                if first := chosen[route].after:
                    _ask(client, method, first, operation, chosen[first])
                yield _ask(client, method, route, operation, chosen[route])
        elif method != "GET":
            yield Answer(method, route, operation, route, Example(), "", "")


def needs_example(operation: Mapping[str, Any]) -> bool:
    """Whether a route cannot be asked without values, or answers for ever."""
    is_required = any(each.get("required") for each in operation.get("parameters", ()))
    return is_required or "text/event-stream" in operation["responses"]["200"]["content"]


def _ask(
    client: TestClient, method: str, route: str, operation: Mapping[str, Any], example: Example
) -> Answer:
    query = {name: value for name, value in example.values.items() if f"{{{name}}}" not in route}
    url = route.format(**example.values) + (f"?{urlencode(query)}" if query else "")
    found = client.request(method, PREFIX + url, headers=OPERATOR, json=example.body)
    if found.is_error:
        raise ValueError(f"{method} {url}: {found.status_code} {found.text}")
    media_type = found.headers["content-type"].partition(";")[0]
    is_json = media_type == "application/json"
    content = found.json() if is_json else "" if media_type == "image/png" else found.text
    return Answer(method, route, operation, url, example, content, media_type)


def section(answer: Answer) -> str:
    """Heading, description, parameters, request and response of a route."""
    operation = answer.operation
    parts = [f"## {answer.method} {answer.route}\n", f"{operation.get('description', '')}\n"]
    rows = [
        (code(each["name"]), "yes" if each.get("required") else "", each.get("description", ""))
        for each in operation.get("parameters", ())
        if each["in"] != "header"
    ]
    if rows:
        parts.append(table(("parameter", "required", "description"), rows))
    parts.append(f"```http\n{_request(answer)}\n```\n")
    if answer.media_type == "application/json":
        shown = json.dumps(shorten(answer.content), indent=1, ensure_ascii=False)
        parts.append(f"```json\n{shown}\n```\n")
    elif answer.content:
        lines = [line[:CHARACTERS] for line in answer.content.splitlines()]
        more = ["..."] if len(lines) > LINES else []
        parts.append("```text\n" + "\n".join([*lines[:LINES], *more]) + "\n```\n")
    return "\n".join(parts)


def _request(answer: Answer) -> str:
    line = f"{answer.method} {PREFIX}{answer.url}"
    if answer.example.body is None:
        return line
    return f"{line}\nContent-Type: application/json\n\n{json.dumps(answer.example.body)}"


def shorten(content: JsonValue) -> JsonValue:
    """A value with lists cut after their first item and texts after some characters."""
    if isinstance(content, dict):
        return {name: shorten(value) for name, value in content.items()}
    if isinstance(content, list):
        more: list[JsonValue] = ["..."] if len(content) > 1 else []
        return [*map(shorten, content[:1]), *more]
    if isinstance(content, str) and len(content) > CHARACTERS:
        return content[:CHARACTERS] + "..."
    return content


def shape(content: JsonValue) -> JsonValue:
    """Names of a value without what they hold, to compare two responses of one route."""
    if isinstance(content, dict):
        return {name: shape(value) for name, value in content.items()}
    if isinstance(content, list):
        return [shape(each) for each in content[:1] if each != "..."]
    return None


if __name__ == "__main__":
    path = Path(sys.argv[1])
    page = replace_generated(path.read_text(encoding="utf-8"), map(section, answers()))
    path.write_text(page, encoding="utf-8")
