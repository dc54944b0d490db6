"""Access of callers who may see some aircraft only.

They reach the routes that name one aircraft or one recording, or name none at all. Every other
route shows the whole fleet and refuses them, a new one too.
"""

from collections.abc import Iterator
from http import HTTPStatus

from fastapi import Request

from dataflow_health.api.caller import Caller
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import RequestRejected
from dataflow_health.storage.queries import recording_history
from dataflow_health.storage.records import annotations

_PREFIX = "/api/v1"
WITHOUT_AIRCRAFT = ("/session", "/vocabulary")
"""Routes that show no aircraft."""
WITH_TAIL_FILTER = (
    "/recordings",
    "/findings",
    "/findings/trend",
    "/findings/export",
    "/annotations",
    "/current",
)
"""Lists whose query ``tail`` selects the rows of exactly one aircraft."""


def check(request: Request, caller: Caller) -> None:
    """Refuses a request that could show an aircraft which the caller may not see.

    Raises:
        RequestRejected: The route shows all aircraft, or another one than the caller's.
        NotFound: No recording, or more than one, has the id in the path.
        DatabaseError: The ledger cannot be read.
    """
    route = request.scope["route"].path.removeprefix(_PREFIX)
    if caller.sees_all_aircraft or route in WITHOUT_AIRCRAFT:
        return
    shown = list(_tails(request, route))
    if not shown or not all(each and caller.may_see(each) for each in shown):
        seen = ", ".join(caller.tails) or "no aircraft"
        message = f"{caller.name} sees {seen}; name one of these, by path or with ?tail="
        raise RequestRejected(HTTPStatus.FORBIDDEN, "aircraft_not_allowed", message)


def _tails(request: Request, route: str) -> Iterator[str]:
    """Aircraft that a request is about; none when it is not known."""
    if "tail" in request.path_params:
        yield request.path_params["tail"]
    if "recording" in request.path_params:
        engine = get_monitor(request).engine
        yield recording_history.find(engine, request.path_params["recording"]).tail
    if "annotation" in request.path_params:
        number, engine = request.path_params["annotation"], get_monitor(request).engine
        # It is not validated yet, and what is no number is no annotation. One of a process or an
        # incident has no aircraft.
        yield (annotations.get(engine, int(number)).tail or "") if number.isdecimal() else ""
    if route in WITH_TAIL_FILTER:
        yield from request.query_params.getlist("tail")
