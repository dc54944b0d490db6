"""Content and schedule of the daily digest."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting import digest
from dataflow_health.alerting.digest import LINES_PER_SECTION, Digest, digest_message
from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.health.incident import Streak
from dataflow_health.health.process import Process
from dataflow_health_tests.alerting.alert_scene import CHANNEL
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.health.incident_factories import make_incident
from dataflow_health_tests.storage.ledger.factories import recordings, refuse

DAILY = {"daily": AlertRule(describes="Daily.", channels=(CHANNEL,), digest_at="06:00")}
DAY = timedelta(days=1)
FAILING = Streak(failing=3, accepted_failures=12)


def save(engine, incident, streak=None):
    with SqlIncidentStore(engine).writing() as stored:
        saved = stored.save_incident(incident.model_copy(update={"id": 0}))
        stored.save_streaks({saved.fingerprint: streak} if streak else {})
    return saved


def make_resolved(**given):
    resolved = {"state": "resolved", "resolution": "false_alarm", "resolved_by": "anna"}
    return make_incident(**(resolved | {"closed_at": NOON} | given))


def make_digest(**given):
    empty = {name: () for name in ("open", "ended", "still_failing", "quarantined")}
    return Digest(**({"at": NOON, "unaccounted": {}} | empty | given))


def text(**given):
    return digest_message(make_digest(**given), {}).text


def test_a_quarantined_item_is_listed_every_day_with_age_and_owner(engine: Engine):
    refuse(engine, recordings(engine, 1))
    for days in (1, 9, 200):
        owned = {"parse": Process(describes="Decodes.", owner="team:decoding")}
        message = digest.make_digest(engine, owned, NOON + days * DAY)
        assert "In quarantine  000000000000 HB-ZAA at parse: no_sync, " in message.text
        assert f"no_sync, {days} d old, owner team:decoding\n" in message.text
    assert "owner none\n" in digest.make_digest(engine, {}, NOON + DAY).text


def test_open_and_recently_ended_incidents_are_collected(engine: Engine):
    opened = save(engine, make_incident())
    ended = save(engine, make_resolved(cause="late"))
    save(engine, make_resolved(cause="long_ago", closed_at=NOON - timedelta(hours=25)))
    found = digest.collect_digest(engine, {}, NOON)
    assert (found.at, found.open, found.ended) == (NOON, [opened], [ended])
    assert found.still_failing == []


def test_a_resolved_incident_that_still_fails_stays_in_the_digest(engine: Engine):
    long_ago = NOON - 30 * DAY
    failing = save(engine, make_resolved(closed_at=long_ago), FAILING)
    passing = FAILING.model_copy(update={"failing": 0})
    save(engine, make_resolved(cause="passes", closed_at=long_ago), passing)
    recovered = make_resolved(cause="recovered", closed_at=long_ago, resolution="recovered")
    save(engine, recovered, FAILING)
    unaccepted = FAILING.model_copy(update={"accepted_failures": 0})
    save(engine, make_resolved(cause="new", closed_at=long_ago), unaccepted)
    found = digest.collect_digest(engine, {}, NOON)
    assert found.still_failing == [failing]
    assert found.ended == []


def test_every_section_has_its_line():
    until = NOON + 2 * DAY
    open_ = [
        make_incident(),
        make_incident(id=8, state="acknowledged", acknowledged_by="ben"),
        make_incident(id=9, state="muted", muted_until=until, mute_ticket="https://t/1"),
    ]
    message = digest_message(
        make_digest(
            open=open_,
            ended=[make_resolved(id=3)],
            still_failing=[make_resolved(id=4)],
            unaccounted={"parse": 2},
        ),
        {},
    )
    assert message.title == "[DIGEST] 2026-11-20: 3 open, 0 in quarantine, 1 ended"
    assert [line.strip() for line in message.text.splitlines()] == [
        "Open                   7 parse: no_sync, 12 failing, open, for 1 h 30 min",
        "8 parse: no_sync, 12 failing, acknowledged by ben, for 1 h 30 min",
        "9 parse: no_sync, 12 failing, muted, for 1 h 30 min",
        "Resolved, but failing  4 parse: no_sync, resolved as false_alarm by anna, but the check "
        "still fails",
        "Unaccounted            parse: 2",
        "Mutes ending soon      9 parse: no_sync, muted until 2026-11-22 12:00 UTC, https://t/1",
        "Ended                  3 parse: no_sync, false_alarm after 1 h 30 min",
    ]


def test_a_mute_that_ends_in_more_than_two_days_is_not_ending_soon():
    until = NOON + 2 * DAY + timedelta(seconds=1)
    muted = make_incident(state="muted", muted_until=until, mute_ticket="https://t/1")
    assert "Mutes ending soon" not in text(open=[muted])


def test_a_long_section_is_cut_and_counted():
    incidents = [make_incident(id=n) for n in range(LINES_PER_SECTION + 2)]
    lines = text(open=incidents).splitlines()
    assert len(lines) == LINES_PER_SECTION + 1
    assert lines[-1].strip() == "and 2 more"
    assert len(text(open=incidents[:-2]).splitlines()) == LINES_PER_SECTION


def test_a_quiet_day_says_so(engine: Engine):
    message = digest.make_digest(engine, {}, NOON)
    assert message.title == "[DIGEST] 2026-11-20: 0 open, 0 in quarantine, 0 ended"
    assert message.text == "  No incident is open and nothing is in quarantine.\n"


def test_a_digest_is_due_once_a_day_from_its_time_on(engine: Engine):
    store = SqlIncidentStore(engine)

    def schedule(now):
        return digest.schedule_digests(store, DAILY, now)

    assert schedule(NOON.replace(hour=5, minute=59)) == ()
    (due,) = schedule(NOON)
    assert (due.incident_id, due.kind, due.channel, due.rule) == (0, "digest", CHANNEL, "daily")
    assert (due.sequence, due.due_at) == (NOON.toordinal(), NOON)
    assert schedule(NOON + timedelta(hours=11)) == ()
    assert schedule(NOON + timedelta(hours=13)) == ()
    assert len(schedule(NOON + DAY)) == 1
    with store.reading() as stored:
        assert len(stored.due_deliveries()) == 2


@pytest.mark.parametrize(("minute", "days"), [(59, None), (60, 0)])
def test_a_digest_is_due_at_its_minute(minute, days):
    now = NOON.replace(hour=5) + timedelta(minutes=minute)
    expected = None if days is None else now.date()
    assert digest.due_day(DAILY["daily"], now) == expected


def test_a_rule_without_a_digest_schedules_none():
    rule = DAILY["daily"].model_copy(update={"digest_at": None})
    assert digest.due_day(rule, NOON) is None


def test_the_time_of_a_digest_is_in_the_zone_of_its_rule():
    rule = DAILY["daily"].model_copy(update={"zone": "Pacific/Auckland"})
    evening = NOON.replace(hour=17, minute=30)
    assert digest.due_day(rule, evening) == evening.date() + DAY
