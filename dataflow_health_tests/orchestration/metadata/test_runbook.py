import dagster as dg

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as loading
from dataflow_health.orchestration.metadata import runbook


def test_every_process_has_a_runbook_short_enough_to_be_shown_on_its_page() -> None:
    for name, process in loading.load(BUILTIN_FOLDER).processes.items():
        path = runbook.find_page(process.runbook)
        assert path is not None, f"{name}: no {process.runbook}"
        assert path.stem == name
        assert len(path.read_text(encoding="utf-8")) < 1000


def test_a_runbook_that_is_a_url_is_a_link_and_any_other_text_is_shown_as_it_is() -> None:
    assert isinstance(runbook.metadata("https://x.example/y")["runbook"], dg.UrlMetadataValue)
    assert runbook.metadata("") == {}
    assert runbook.metadata("call Jane")["runbook"].value == "call Jane"
