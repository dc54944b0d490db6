from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.records import finding_messages
from dataflow_health.storage.records.finding_messages import OVERLAP, FoundPair
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON

HOUR = timedelta(hours=1)
PAIR = FoundPair("a" * 64, "peak", "HB-ZAA", frozenset({"alert"}))


def test_a_rule_looks_from_its_start_on_and_again_at_the_last_quarter_of_an_hour(
    engine: Engine,
) -> None:
    with writing(engine) as connection:
        assert not finding_messages.saved_rules(connection)
        times = (NOON, NOON + HOUR, NOON + 2 * HOUR, NOON - HOUR)
        since = [finding_messages.read_since(connection, "hangar", now) for now in times]
        assert since == [NOON, NOON, NOON + HOUR - OVERLAP, NOON - HOUR]
        assert finding_messages.saved_rules(connection) == {"hangar"}


def test_a_rule_that_is_gone_starts_anew(engine: Engine) -> None:
    with writing(engine) as connection:
        finding_messages.read_since(connection, "hangar", NOON)
        finding_messages.keep_rules(connection, [])
        assert finding_messages.read_since(connection, "hangar", NOON + HOUR) == NOON + HOUR


def test_messages_are_numbered_over_all_rules(engine: Engine) -> None:
    with writing(engine) as connection:
        for rule, number in ("hangar", 1), ("crew", 2):
            assert finding_messages.next_number(connection) == number
            finding_messages.save(connection, rule, number, [PAIR])
    [subject] = finding_messages.read(engine, [1, 3])
    assert subject == ("HB-ZAA", "peak", ["a" * 64], [])
