import re

import pytest
from fastapi.testclient import TestClient

from dataflow_health.api import pages

MAX_BUNDLE_BYTES = 400_000


@pytest.mark.parametrize("path", pages.PATHS)
def test_a_page_allows_no_inline_script_and_nothing_from_elsewhere(
    api: TestClient, path: str
) -> None:
    response = api.get(path)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    loaded = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert len(loaded) >= 2
    assert all(address.startswith("/assets/") for address in loaded)
    assert all(api.get(address).is_success for address in loaded)
    assert not re.search(r"<script(?![^>]*\bsrc=)", response.text)


def test_an_asset_is_sent_once_per_change(api: TestClient) -> None:
    first = api.get("/assets/index.js")
    headers = {"If-None-Match": first.headers["etag"]}
    assert (first.status_code, api.get("/assets/index.js", headers=headers).status_code) == (
        200, 304,
    )  # fmt: skip
    assert api.get("/assets/../app.py").status_code == 404
    assert api.get("/assets/none.js").status_code == 404


def test_the_pages_are_small() -> None:
    import gzip

    files = [each for each in pages.FOLDER.rglob("*") if each.is_file()]
    assert sum(len(gzip.compress(each.read_bytes())) for each in files) < MAX_BUNDLE_BYTES
