"""Wording of messages about incidents."""

import os
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from dataflow_health.alerting import messages
from dataflow_health.alerting.message_format import Message
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.health.observation import Evidence
from dataflow_health.health.problem import BlockedProcess
from dataflow_health_tests.health.incident_factories import NOON, make_incident

GOLDEN = Path(__file__).parents[1] / "golden" / "messages"
HTML_GOLDEN = Path(__file__).parents[1] / "golden" / "messages.html"
LINKS = MessageLinks("http://dagster.example:3000", {"parse": "parse/parameters"})
DATABASE = {
    "process": "results_database", "check": "database_answers", "kind": "database_answers",
    "cause": "failed", "quarantined": False,
    "failures": 1, "max_failures": 1, "tails": (), "days": (), "examples": (),
    "likely_cause": "", "detail": "connection refused",
    "describes": "It takes a connection and answers.",
    "runbook": "docs/runbooks/results_database.md",
    "blocked": (
        BlockedProcess(process="load", recordings=12),
        BlockedProcess(process="ingest", recordings=1),
        BlockedProcess(process="overview", recordings=0),
    ),
}  # fmt: skip
ENDED = {"state": "resolved", "closed_at": NOON, "failures": 0}
TWELVE_TAILS = tuple(f"HB-Z{n:02}" for n in range(12))

SCENES = {
    "opened": (make_incident(), "opened"),
    "database_unreachable": (make_incident(**DATABASE), "opened"),
    "ledger_unreachable": (make_incident(**DATABASE, id=-1), "opened"),
    "flapping": (make_incident(**DATABASE, flapping=True), "flapping"),
    "warning": (make_incident(severity="warning", days=()), "opened"),
    "reminder": (make_incident(tails=TWELVE_TAILS), "reminder"),
    "escalated": (make_incident(), "escalated"),
    "recovered": (make_incident(**ENDED, resolution="recovered"), "recovered"),
    "resolved": (
        make_incident(**ENDED, resolution="false_alarm", resolved_by="anna", note="bench test"),
        "recovered",
    ),
}


def matches_golden_file(path: Path, text: str) -> bool:
    if os.environ.get("WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") == text


def scene_message(scene: str) -> Message:
    incident, kind = SCENES[scene]
    return messages.incident_message(incident, kind, LINKS, NOON)


@pytest.mark.parametrize("scene", SCENES)
def test_the_text_of_a_message_reads_as_its_golden_file(scene):
    message = scene_message(scene)
    assert matches_golden_file(GOLDEN / f"{scene}.txt", f"{message.title}\n\n{message.text}")


def test_the_html_of_all_messages_reads_as_its_golden_file():
    parts = [f"<!-- {scene} -->\n{scene_message(scene).html}\n" for scene in SCENES]
    assert matches_golden_file(HTML_GOLDEN, "".join(parts))


def test_every_golden_file_has_its_scene():
    assert {path.name for path in GOLDEN.iterdir()} == {f"{scene}.txt" for scene in SCENES}


@pytest.mark.parametrize(
    ("kind", "given", "title"),
    [
        ("opened", {}, "[FAILED] parse: no_sync on HB-ZAC"),
        ("opened", {"tails": ()}, "[FAILED] parse: no_sync"),
        ("opened", {"severity": "warning"}, "[WARNING] parse: no_sync on HB-ZAC"),
        ("reminder", {}, "[STILL FAILED] parse: no_sync on HB-ZAC"),
        ("reminder", {"flapping": True}, "[STILL WARNING] parse: no_sync on HB-ZAC"),
        ("unmuted", {"tails": TWELVE_TAILS}, "[MUTE EXPIRED] parse: no_sync on 12 aircraft"),
        ("escalated", {}, "[NOT ACKNOWLEDGED] parse: no_sync on HB-ZAC"),
        ("flapping", {"flapping": True}, "[FLAPPING] parse: no_sync on HB-ZAC"),
        ("opened", {"cause": "errored"}, "[FAILED] parse: frames_in_sync errored on HB-ZAC"),
        (
            "recovered",
            {**ENDED, "resolution": "recovered", "opened_at": NOON - timedelta(hours=26)},
            "[RECOVERED] parse: no_sync after 1 d 2 h",
        ),
        (
            "recovered",
            {**ENDED, "resolution": "fixed"},
            "[RESOLVED] parse: no_sync after 1 h 30 min",
        ),
    ],
)
def test_a_title_says_status_process_cause_and_aircraft_or_duration(kind, given, title):
    assert messages.title(make_incident(**given), kind, NOON) == title


def test_several_incidents_are_one_message_that_shows_each_in_full():
    both = [(make_incident(), "opened"), (make_incident(**DATABASE), "opened")]
    message = messages.combined_message(both, LINKS, NOON)
    assert message.title == "2 alerts in one message"
    for incident, kind in both:
        assert messages.title(incident, kind, NOON) in message.text
        for line in messages.incident_message(incident, kind, LINKS, NOON).text.splitlines():
            assert line.split(maxsplit=1)[-1] in message.text


def details(**given):
    message = messages.incident_message(make_incident(**given), "opened", LINKS, NOON)
    lines = (line.split("  ", maxsplit=1) for line in message.text.splitlines() if line)
    return {label: value.strip() for label, value in lines if label}, message.html


def test_the_details_link_leads_to_the_check_or_to_dagster():
    page = "http://dagster.example:3000/assets/parse/parameters?view=checks"
    assert details()[0]["Details"] == f"{page}&checkDetail=frames_in_sync"
    assert details(process="landing_folder")[0]["Details"] == "http://dagster.example:3000"
    assert details(link="https://x/1")[0]["Details"] == "https://x/1"
    assert 'href="https://x/1"' in details(link="https://x/1")[1]


def test_a_second_link_leads_to_the_newest_day_that_fails():
    page = "http://dagster.example:3000/assets/parse/parameters?view=partitions"
    days = (date(2026, 11, 19), date(2026, 11, 20))
    assert details(days=days)[0]["Day"] == f"{page}&partition=2026-11-20"
    assert "Day" not in details(days=())[0]
    assert "Day" not in details(process="landing_folder", days=days)[0]


def test_only_web_addresses_become_links():
    assert "javascript:" not in "".join(
        re.findall("href=[^ ]*", details(link="javascript:alert(1)")[1])
    )
    assert 'href="https://wiki/parse"' in details(runbook="https://wiki/parse")[1]
    assert 'href="docs/' not in details()[1]


def test_many_days_and_aircraft_are_counted():
    days = tuple(date(2026, 11, n) for n in range(1, 8))
    lines, _ = details(days=days, tails=TWELVE_TAILS[:9])
    assert lines["Failures"] == (
        "12 now, 14 at most; arrived on 2026-11-01, 2026-11-02, 2026-11-03, 2026-11-04, 2026-11-05 "
        "and 2 more"
    )
    assert lines["Aircraft"].endswith("HB-Z07 and 1 more")
    lines, _ = details(days=days[:5], tails=TWELVE_TAILS[:8])
    assert lines["Failures"].endswith("2026-11-05")
    assert lines["Aircraft"].endswith("HB-Z07")


def test_the_highest_number_of_failures_is_named_only_when_it_was_higher():
    assert details(failures=14)[0]["Failures"] == "14 now; arrived on 2026-11-20"


def test_evidence_says_what_is_known():
    item = Evidence(archive="a.zip", reason="crc_error")
    message = messages.incident_message(make_incident(examples=(item,)), "opened", LINKS, NOON)
    assert "  a.zip: crc_error\n" in message.text
    item = Evidence(frame=3, found="0x1")
    message = messages.incident_message(make_incident(examples=(item,)), "opened", LINKS, NOON)
    assert "  frame 3: 0x1\n" in message.text


def test_a_closed_incident_names_no_next_step():
    incident, kind = SCENES["recovered"]
    text = messages.incident_message(incident, kind, LINKS, NOON).text
    for label in ("Owner", "Runbook", "Remedy", "Then", "Acknowledge"):
        assert label not in text


def test_an_incident_without_a_number_cannot_be_acknowledged():
    unsaved = messages.incident_message(make_incident(id=0), "opened", LINKS, NOON).text
    assert "incident ack" not in unsaved
    assert "its number follows" in unsaved
    saved = messages.incident_message(make_incident(id=1), "opened", LINKS, NOON).text
    assert "dataflow-health incident ack 1" in saved


def test_a_resolution_without_a_note_ends_with_its_kind():
    ended = make_incident(**ENDED, resolution="false_alarm", resolved_by="anna", note="")
    lines = messages.incident_message(ended, "recovered", LINKS, NOON).text.splitlines()
    (line,) = (each for each in lines if "resolved by" in each)
    assert line.endswith("resolved by anna as false_alarm")
