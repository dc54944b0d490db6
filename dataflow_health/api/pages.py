"""The pages of the web UI, built from ``web/`` into files of this package.

They load nothing from elsewhere, run no inline script, and need no key: what they show, they get
from the API with the user's key.
"""

import os
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "web"
"""The built pages."""

PATHS = (
    "/",
    "/history",
    "/compare",
    "/incidents",
    "/findings",
    "/lineage",
    "/live",
    "/recordings/{recording}",
)
"""Addresses of the pages. The script decides which of them it shows."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""Headers of every file: scripts, styles and data from this server only, in no frame."""


class PageFiles(StaticFiles):
    """The built files, with :data:`HEADERS`."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """One file, or 304 when the client has it."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(HEADERS)
        return response


def install(app: FastAPI) -> None:
    """Adds the pages to an app, beside its routes."""
    files = PageFiles(directory=FOLDER)

    async def page(request: Request) -> Response:
        return await files.get_response("index.html", request.scope)

    for path in PATHS:
        app.add_route(path, page, include_in_schema=False)
    app.mount("/assets", PageFiles(directory=FOLDER / "assets"))
