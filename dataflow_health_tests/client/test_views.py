from pathlib import Path

import pytest

from dataflow_health.client import Client
from dataflow_health.errors import ApiError, NotFound
from dataflow_health.health.saved_view import SavedView
from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import KEYS

pytestmark = pytest.mark.server
NIGHT = SavedView(describes="Night shift", processes=("parse",))


def test_a_view_is_saved_changed_imported_and_deleted(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    chosen = installation.settings(tmp_path, api_keys=KEYS, config=tmp_path / "config")
    installation.filled(chosen).dispose()
    with installation.served(installation.app(chosen)) as url, Client(url, "anna") as api:
        saved = api.save_view("night", NIGHT)
        assert api.view("night").view == NIGHT
        with pytest.raises(ApiError, match="exists already"):
            api.save_view("night", NIGHT)
        api.save_view("night", NIGHT.model_copy(update={"notes": "Call."}), version=saved.version)
        raw = api.view_file("night")
        assert b"notes: Call." in raw
        api.import_view("copy", b"# mine\n" + raw, version="")
        assert [each.name for each in api.views()] == ["copy", "night"]
        with pytest.raises(ApiError, match="missing key describes"):
            api.import_view("copy", b"notes: x\n")
        api.delete_view("night")
        with pytest.raises(NotFound):
            api.view("night")
