import os
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dataflow_health.alerting import messages
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.health.problem import BlockedProcess
from dataflow_health_tests.health.incidents import NOON, make_incident

GOLDEN = Path(__file__).parents[1] / "golden" / "messages"
PLACE = MessageLinks("http://dagster.example:3000", {"parse": "parse/parameters"})
DATABASE = {
    "process": "results_database", "check": "database_answers", "cause": "failed",
    "failures": 1, "most_failures": 1, "tails": (), "days": (), "examples": (), "likely": "",
    "detail": "connection refused", "describes": "It takes a connection and answers.",
    "runbook": "docs/runbooks/results_database.md",
    "blocked": (
        BlockedProcess(process="load", things=12),
        BlockedProcess(process="overview", things=0),
    ),
}  # fmt: skip
ENDED = {"state": "resolved", "closed_at": NOON, "failures": 0}

SCENES = {
    "opened": (make_incident(), "opened"),
    "database_away": (make_incident(**DATABASE), "opened"),
    "flapping": (make_incident(**DATABASE, flapping=True), "flapping"),
    "warning": (make_incident(severity="warning", days=()), "opened"),
    "reminder": (make_incident(tails=tuple(f"HB-Z{n:02}" for n in range(12))), "reminder"),
    "recovered": (make_incident(**ENDED, resolution="recovered"), "recovered"),
    "resolved": (
        make_incident(**ENDED, resolution="false_alarm", resolved_by="anna", note="bench test"),
        "recovered",
    ),
}


def agrees_with(name: str, text: str) -> bool:
    if os.environ.get("WRITE_GOLDEN"):
        GOLDEN.mkdir(parents=True, exist_ok=True)
        (GOLDEN / name).write_text(text, encoding="utf-8")
    return (GOLDEN / name).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("scene", SCENES)
def test_a_message_says_what_its_golden_file_says(scene):
    told, kind = SCENES[scene]
    message = messages.incident_message(told, kind, PLACE, NOON)
    assert agrees_with(f"{scene}.txt", f"{message.title}\n\n{message.text}")
    assert agrees_with(f"{scene}.html", f"{message.html}\n")


def test_several_incidents_are_told_in_one_message_and_each_in_full():
    both = [(make_incident(), "opened"), (make_incident(**DATABASE), "opened")]
    message = messages.combined_message(both, PLACE, NOON)
    assert message.title == "2 incidents at once"
    for told, kind in both:
        assert messages.title(told, kind, NOON) in message.text
        assert messages.rerun_command(told) in message.text


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, _attributes):
        self.seen.append(tag)


def test_hostile_words_stay_words():
    hostile = "<script>alert(1)</script>"
    told = make_incident(tails=(hostile,), detail=hostile, cause=hostile, likely=f'"{hostile}')
    tags = Tags()
    tags.feed(messages.incident_message(told, "opened", PLACE, NOON).html)
    assert "script" not in tags.seen
    command = messages.rerun_command(make_incident(tails=("x; rm -rf /",)))
    assert command.endswith("--tail 'x; rm -rf /'")


def test_a_process_beside_the_pipeline_is_mended_by_running_what_waits():
    assert messages.rerun_command(make_incident(**DATABASE)) == "dataflow-health rerun --failed"


def test_the_time_it_took_is_in_the_last_message():
    ended = make_incident(**ENDED, resolution="recovered", opened_at=NOON - timedelta(hours=26))
    assert messages.title(ended, "recovered", NOON).endswith("after 1 d 2 h")
