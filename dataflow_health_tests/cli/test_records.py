import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow_health import wiring
from dataflow_health.settings import Settings
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.api.conftest import KEYS
from dataflow_health_tests.health.incident_factories import make_incident
from dataflow_health_tests.installation import app, filled, recording_id, served, settings
from dataflow_health_tests.plotted_recording import write_parameters

pytestmark = pytest.mark.server

SHOWN = (
    "audit", "findings --limit 3", "impact rotor_speed_low", "incident list --all",
    "incident show 1", "ledger", "ledger --day 2026-11-20",
    "lineage algorithm:rotor_speed_low --depth 1",
    "lineage algorithm:rotor_speed_low --to column:rotor_speed_pct", "owed --recordings",
    "quarantine list", "quarantine list --written-off", f"quarantine show {recording_id(19)}",
    f"recording plot {recording_id(0)}", f"recording plot {recording_id(0)} pressure_altitude_ft",
    "vocabulary search rotor",
)  # fmt: skip
"""Commands that show the records of an installation, or of the API over it."""


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = settings(tmp_path_factory.mktemp("records"), api_keys=KEYS)
    engine = filled(made)
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0))
    engine.dispose()
    write_parameters(made)
    return made


@pytest.fixture(scope="module")
def url(chosen: Settings) -> Iterator[str]:
    with served(app(chosen)) as made:
        yield made


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DATAFLOW_HEALTH_API_KEY", "anna")
    yield
    wiring.dependencies.cache_clear()


@pytest.mark.parametrize("words", SHOWN)
def test_the_api_by_its_url_shows_the_same_records(
    run, monkeypatch: pytest.MonkeyPatch, chosen: Settings, url: str, words: str
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_API_KEY", "anna")
    here = run(*words.split(), "--home", chosen.home, "--json")
    there = run(*words.split(), "--url", url, "--json")
    assert here.exception is None or isinstance(here.exception, SystemExit)
    assert (there.exit_code, ages_off(there.stdout)) == (here.exit_code, ages_off(here.stdout))
    text = run(*words.split(), "--url", url)
    assert text.exit_code == here.exit_code, text.output


def ages_off(text: str) -> object:
    """The JSON of a command without what depends on when it ran."""
    found = json.loads(text)
    for each in found if isinstance(found, list) else [found]:
        each.pop("age_s", None)
        each.pop("at", None)
    return found


def test_actions_by_url_are_in_the_name_of_the_key(
    run, monkeypatch: pytest.MonkeyPatch, chosen: Settings, url: str
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_API_KEY", "anna")
    there = ("--url", url)
    for words in (
        ("incident", "ack", 1),
        ("incident", "mute", 1, "--for", "PT1H", "--ticket", "https://tickets/1"),
        ("incident", "unmute", 1),
        ("incident", "resolve", 1, "--as", "fixed"),
        ("quarantine", "replay", recording_id(19)[:12], "--reason", "fixed"),
        ("quarantine", "write-off", "--stage", "parse", "--reason", "no way"),
        ("rerun", "--failed"),
        ("rebuild", recording_id(0)[:12], "--from", "load"),
    ):
        result = run(*words, *there)
        assert result.exit_code == 0, result.output
    entries = json.loads(run("audit", *there, "--json").stdout)
    assert {entry["operator"] for entry in entries} == {"anna"}
    assert {"acknowledge", "mute", "unmute", "resolve", "replay", "write_off", "rebuild"} <= {
        entry["action"] for entry in entries
    }


def test_what_an_api_cannot_know_is_refused_beside_its_url(run, url: str) -> None:
    named = run("incident", "ack", 1, "--operator", "bert", "--url", url)
    assert "leave out --operator with --url" in named.output
    owed = run("rerun", "--owed", "--url", url)
    assert "leave out --owed with --url" in owed.output
    assert (named.exit_code, owed.exit_code) == (2, 2)


@pytest.mark.parametrize(
    "words",
    [
        "audit", "audit verify", "digest", "findings", "impact rotor_speed_low", "incident list",
        "export findings x.csv", "export series 123456 x x.csv", "ledger", "owed",
        "lineage algorithm:rotor_speed_low", "quarantine list", "rebuild 123456",
        "quarantine replay --stage parse --reason x", "rerun --failed", "rerun --owed", "scrub",
        "recording plot 123456",
    ],
)  # fmt: skip
def test_a_misspelt_home_is_named_and_nothing_is_written_there(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path / "misspelt"))
    result = run(*words.split())
    assert result.exit_code == 2, result.output
    assert "no ledger at" in result.output
    assert not (tmp_path / "misspelt").exists()


def test_pseudonyms_of_a_misspelt_home_are_not_read_as_none(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path / "misspelt"))
    monkeypatch.setenv("DATAFLOW_HEALTH_PSEUDONYM_KEY", "k" * 16)
    result = run("pseudonym")
    assert (result.exit_code, "no ledger at" in result.output) == (2, True)
