"""Findings as messages, through whole alert cycles over a real ledger."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert

from dataflow_health.alerting import cycle
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.alerting.finding_news import MAX_PARTS
from dataflow_health.alerting.message_format import Message
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.alerting.offline_store import OfflineRecords
from dataflow_health.health.alert_rule import AlertRule, configured_rules
from dataflow_health.storage.records import results
from dataflow_health.storage.records.results import FindingRow, RunRow
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import factories
from dataflow_health_tests.factories import DAY, NOON

CHANNEL, HIGH = "HANGAR", "rotor_speed_high"
START = datetime.fromisoformat("2026-11-20T09:13:05+00:00")
MINUTE, DETAIL = timedelta(minutes=1), "rotor_speed_pct 108.5"


def drawn(*given: object) -> str:
    """What would be drawn, instead of a plot."""
    _engine, _lake, recording, parameter, span = given
    return f"▁█▁ {str(recording)[-1]} {parameter} {span}"


class Hangar:
    """A rule that sends findings to maintenance, cycles a minute apart, and the messages."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.engine = engine
        whole = factories.dependencies(folder, engine)
        self.deps = replace(whole, catalogue=replace(whole.catalogue, processes={}))
        self.environment = {CHANNEL: "json://hangar"}
        self.sent: list[Message] = []
        self.now = NOON
        self.set_rule()
        self.run_cycle()

    def set_rule(self, **given: Any) -> None:
        rule = {"describes": "Findings.", "channels": [CHANNEL], "findings": {}}
        self.rules = {"hangar": AlertRule.model_validate(rule | given)}

    def land(
        self, number: int, *, algorithm: str = HIGH, tail: str = "HB-ZAC", severity: str = "alert",
        count: int = 1, at: datetime | None = None,
    ) -> None:  # fmt: skip
        """Replaces the findings of one algorithm in one recording, as the stage load does."""
        id_ = f"{number:064x}"
        run = RunRow(id_, algorithm, "1", "1", tail, DAY, "found", "", count, at or self.now)
        rows = [
            FindingRow(
                id_, algorithm, position, tail, DAY, severity, 5.0 + position, 8.0 + position,
                START + timedelta(seconds=position), 108.5, 6.0, DETAIL,
            )
            for position in range(count)
        ]  # fmt: skip
        with writing(self.engine) as connection:
            results.replace(connection, DAY, [id_], [run], rows)

    def take(self, number: int, at: datetime) -> None:
        """Records that the archive of a recording was downloaded at a time."""
        id_ = f"{number:064x}"
        recording = {
            "id": id_, "archive_id": id_, "member": "a.rdf", "recorder": "generic_rdf",
            "tail": "HB-ZAC", "size_bytes": 1, "arrival_day": DAY, "arrived_at": at,
        }  # fmt: skip
        stage = {
            "archive_id": id_, "stage": "download", "arrival_day": DAY, "state": "done",
            "finished_at": at,
        }  # fmt: skip
        with writing(self.engine) as connection:
            connection.execute(insert(tables.recording), [recording])
            connection.execute(insert(tables.archive_stage), [stage])

    def run_cycle(self, after: timedelta = MINUTE) -> list[str]:
        """Titles of the messages of one cycle; then time passes."""
        before = len(self.sent)
        links = MessageLinks("http://dagster.example", {}, board_url="http://board.example/")
        rules = configured_rules(self.rules, self.environment)
        notifier = Notifier(rules, self.environment, links, self._send)
        catalogue = replace(self.deps.catalogue, alerts=self.rules)
        deps = replace(self.deps, catalogue=catalogue)
        cycle.run_cycle(lambda: deps, catalogue, notifier, OfflineRecords(), self.now, drawn)
        self.now += after
        return [each.title for each in self.sent[before:]]

    def _send(self, _url: str, message: Message) -> str:
        self.sent.append(message)
        return ""


@pytest.fixture
def hangar(tmp_path: Path, engine: Engine) -> Hangar:
    return Hangar(tmp_path, engine)


def test_a_finding_is_sent_once_with_values_limit_and_link(hangar: Hangar) -> None:
    hangar.land(1, count=2)
    assert hangar.run_cycle() == ["[FINDING] alert: rotor_speed_high on HB-ZAC"]
    text = hangar.sent[-1].text
    assert "Measured   rotor_speed_pct 108.5 at 2026-11-20 09:13:05 UTC, 3 s, alert" in text
    assert "rotor_speed_pct 108.5 at 2026-11-20 09:13:06 UTC" in text
    assert "Limit      rotor_speed_pct > 107 and" in text
    assert "for at least 1 s" in text
    assert "http://dagster.example/assets/analyse/rotor_speed_high" in text
    assert "dataflow-health recording show 000000000000" in text
    assert "Plot       rotor_speed_pct ▁█▁ 1 rotor_speed_pct (5.0, 8.0)" in text
    page = f"http://board.example/recordings/{1:064x}?p=rotor_speed_pct&from=0&to=68"
    assert f"Flight     {page}" in text
    assert hangar.run_cycle() == []


def test_a_recording_that_is_analysed_again_is_no_news_and_another_one_is(hangar: Hangar) -> None:
    hangar.land(1)
    hangar.run_cycle()
    hangar.land(1, count=2)
    assert hangar.run_cycle() == []
    hangar.land(2)
    assert len(hangar.run_cycle()) == 1


@pytest.mark.parametrize(("days", "is_news"), [(-30, False), (0, True), (30, True)])
def test_findings_of_a_new_algorithm_in_old_recordings_are_no_news(
    hangar: Hangar, days: int, is_news: bool
) -> None:
    hangar.now += timedelta(days=60)
    declared = {"name": HIGH, "version": "1", "declared_at": hangar.now}
    with writing(hangar.engine) as connection:
        connection.execute(delete(tables.declared_algorithm))
        connection.execute(insert(tables.declared_algorithm), [declared])
    hangar.take(1, hangar.now + timedelta(days=days))
    hangar.land(1)
    assert bool(hangar.run_cycle()) == is_news


def test_findings_in_recordings_that_were_here_long_before_the_rule_are_no_news(
    hangar: Hangar,
) -> None:
    hangar.take(1, NOON - timedelta(days=30))
    hangar.land(1)
    assert hangar.run_cycle() == []


def test_recordings_of_one_aircraft_and_algorithm_are_one_message(hangar: Hangar) -> None:
    hangar.land(1)
    hangar.land(2)
    hangar.land(3, tail="HB-ZAA")
    titles = [f"[FINDING] alert: rotor_speed_high on {tail}" for tail in ("HB-ZAA", "HB-ZAC")]
    assert hangar.run_cycle() == titles


@pytest.mark.parametrize(
    ("selector", "is_sent"),
    [
        ({}, True),
        ({"severities": ["warning", "info"]}, False),
        ({"algorithms": ["rotor_*"]}, True),
        ({"algorithms": ["engine_*"]}, False),
        ({"tails": ["HB-ZA?"]}, True),
        ({"tails": ["D-*"]}, False),
    ],
)
def test_a_rule_selects_by_severity_algorithm_and_aircraft(
    hangar: Hangar, selector: dict[str, Any], is_sent: bool
) -> None:
    hangar.set_rule(findings=selector)
    hangar.land(1)
    assert bool(hangar.run_cycle()) is is_sent


def test_what_was_in_sql_before_the_rule_is_no_news_also_for_one_that_comes_back(
    tmp_path: Path, engine: Engine
) -> None:
    hangar = Hangar(tmp_path, engine)
    hangar.rules = {}
    hangar.land(1)
    assert hangar.run_cycle() == []
    hangar.set_rule()
    assert (hangar.run_cycle(), hangar.run_cycle()) == ([], [])
    hangar.land(1, count=2)  # analysed again
    assert hangar.run_cycle() == []
    hangar.land(2)
    assert len(hangar.run_cycle()) == 1


def test_what_is_found_while_the_channel_is_not_set_is_sent_once_it_is(hangar: Hangar) -> None:
    channels, hangar.environment = hangar.environment, {}
    hangar.land(1)
    assert hangar.run_cycle(timedelta(hours=3)) == []
    hangar.environment = channels
    assert len(hangar.run_cycle()) == 1


def test_an_upload_that_commits_late_or_before_the_clock_is_set_back_is_news(
    hangar: Hangar,
) -> None:
    hangar.run_cycle(timedelta(hours=2))
    hangar.land(1, at=hangar.now - 10 * MINUTE)
    hangar.run_cycle(-timedelta(hours=1))
    hangar.land(2)
    hangar.run_cycle()
    hangar.land(3)
    hangar.run_cycle()
    assert len(hangar.sent) == 3


def test_findings_wait_for_the_rule_s_hours_and_are_combined_by_its_throttle(
    hangar: Hangar,
) -> None:
    hangar.set_rule(
        hours={"starts": "13:00", "ends": "19:00"}, throttle={"at_most": 2, "every": "PT1H"}
    )
    for number, tail in enumerate(("HB-ZAA", "HB-ZAB", "HB-ZAC")):
        hangar.land(number, tail=tail)
    assert hangar.run_cycle(timedelta(hours=1)) == []
    assert hangar.run_cycle() == [
        "[FINDING] alert: rotor_speed_high on HB-ZAA",
        "[FINDING] alert: 1 algorithm on 2 aircraft",
    ]  # fmt: skip
    assert hangar.sent[-1].text.count("Measured") == 2


def test_a_finding_that_is_gone_before_its_message_is_named_as_withdrawn(hangar: Hangar) -> None:
    hangar.set_rule(hours={"starts": "13:00", "ends": "19:00"})
    hangar.land(1)
    hangar.run_cycle(timedelta(hours=1))
    hangar.land(1, count=0)
    assert hangar.run_cycle() == ["[FINDING] withdrawn: rotor_speed_high on HB-ZAC"]
    text = hangar.sent[-1].text
    assert "Withdrawn  the recording was analysed again, without a finding" in text
    assert "dataflow-health recording show 000000000000" in text


def test_many_findings_are_cut_and_counted(hangar: Hangar) -> None:
    hangar.land(1, count=7)
    hangar.run_cycle()
    assert "and 2 more" in hangar.sent[-1].text


def test_a_message_of_many_aircraft_has_an_upper_size(hangar: Hangar) -> None:
    hangar.set_rule(throttle={"at_most": 1, "every": "PT1H"})
    for number in range(MAX_PARTS + 3):
        hangar.land(number, tail=f"HB-{number:03}")
    assert hangar.run_cycle() == ["[FINDING] alert: 1 algorithm on 23 aircraft"]
    assert hangar.sent[-1].text.count("Measured") == MAX_PARTS
    assert "the last 3 without details: dataflow-health findings" in hangar.sent[-1].text
