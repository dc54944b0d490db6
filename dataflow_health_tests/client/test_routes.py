"""The client can do all that the API can."""

import re
from contextlib import suppress
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from dataflow_health.api.app import PREFIX, create_app
from dataflow_health.client import Client
from dataflow_health.health.saved_view import SavedView
from dataflow_health.schemas import FindingEntry
from dataflow_health.settings import Settings
from dataflow_health_tests.installation import NOW

FINDING = FindingEntry(
    recording="r", tail="t", algorithm="a", number=1, severity="info", start_s=0, end_s=1
)
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "process": (("n",), {}), "explain_process": (("n",), {}), "status_diff": ((NOW, NOW), {}),
    "badge": (("n",), {}), "fleet_health": ((3,), {}), "aircraft_readiness": (("n",), {}),
    "aircraft_coverage": (("n", 3), {}), "recording_history": (("n",), {}),
    "parameters": (("n",), {}), "series": (("n", "p"), {}), "impact": (("n",), {}),
    "lineage": (("n",), {}), "lineage_path": (("n", "m"), {}), "vocabulary": (("n",), {}),
    "incident": ((1,), {}), "quarantined": (("n",), {}), "acknowledge": ((1,), {}),
    "mute": ((1,), {"until": NOW, "ticket": "t"}), "unmute": ((1,), {}),
    "resolve": ((1,), {"how": "fixed"}), "replay": (("n",), {"reason": "r"}),
    "replay_selection": ((), {"reason": "r"}), "write_off": (("n",), {"reason": "r"}),
    "write_off_selection": ((), {"reason": "r"}), "rebuild": (("n",), {}),
    "system": (("n",), {}), "work_between": ((NOW, NOW), {}),
    "judge": ((FINDING,), {"state": "new"}), "annotate_recording": (("n", "t"), {}),
    "annotate_process": (("n", "t"), {}), "annotate_incident": ((1, "t"), {}),
    "phases": (("n",), {}), "limits": (("n",), {}), "export": (("n",), {}),
    "view": (("n",), {}), "view_file": (("n",), {}), "delete_view": (("n",), {}),
    "save_view": (("n", SavedView(describes="x")), {}), "import_view": (("n", b""), {}),
    "edit_annotation": ((1, "t"), {}), "delete_annotation": ((1,), {}),
}  # fmt: skip
"""Arguments of the methods that need some."""


def requested_paths() -> set[tuple[str, str]]:
    """Method and path of the request of each public method."""
    seen: set[tuple[str, str]] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        seen.add((request.method.lower(), request.url.path))
        return httpx.Response(200, json={"data": None})

    client = Client("http://board", transport=httpx.MockTransport(answer))
    for name in dir(Client):
        if name.startswith("_") or name == "close":
            continue
        args, named = CALLS.get(name, ((), {}))
        with suppress(ValidationError):
            list(getattr(client, name)(*args, **named))
    return seen


@pytest.mark.server
def test_every_route_of_the_api_has_a_method_of_the_client(tmp_path: Any) -> None:
    document = create_app(Settings.model_validate({"home": str(tmp_path)})).openapi()
    seen = requested_paths()
    without = {
        (method, path)
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith(PREFIX)
        and not any(
            given == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), asked)
            for given, asked in seen
        )
    }
    assert without == set()
