"""On call while the ledger's database is away: told at once, told once, written down afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting import cycle, offline_store
from dataflow_health.alerting.delivery import Notifier
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health.alerting.offline_store import Memory
from dataflow_health.errors import DatabaseError
from dataflow_health.health.observation import Observation
from dataflow_health.storage.records import incidents, observations
from dataflow_health_tests import factories
from dataflow_health_tests.alerting.alert_servers import CHANNEL, RULE, web_server
from dataflow_health_tests.factories import NOON

TITLE = "[FAILED] results_database: failed"


class Nights:
    """Rounds, a minute each, with the database there or not."""

    def __init__(self, folder, engine, url):
        self.deps = factories.dependencies(folder, engine)
        self.url = url
        self.memory = Memory()
        self.now = NOON

    def post(self):
        def send(url, message):
            from dataflow_health.alerting import apprise_channel

            return apprise_channel.send(url, message, {})

        place = MessageLinks("http://dagster.example", {})
        rule = RULE.model_copy(update={"processes": ("results_database",)})
        return Notifier({"all": rule}, {CHANNEL: self.url}, place, send)

    def round(self, *, away=False):
        def deps():
            if away:
                raise DatabaseError("postgresql://db: connection refused")
            return self.deps

        if not away:
            answer = Observation(
                process="results_database", check="database_answers", outcome="passed", at=self.now
            )
            observations.save(self.deps.engine, [answer])
        catalogue = self.deps.catalogue
        done = cycle.run_cycle(deps, catalogue, self.post(), self.memory, self.now)
        # What Dagster keeps between ticks is text.
        self.memory = offline_store.read(done.memory.model_dump_json())
        self.now += timedelta(minutes=1)
        return done


@pytest.fixture
def night(tmp_path, engine: Engine):
    with web_server() as server:
        yield Nights(tmp_path, engine, server.url), server


def test_an_outage_is_told_once_and_its_end_once_with_its_duration(night):
    nights, server = night
    nights.round()
    for _ in range(5):
        nights.round(away=True)
    assert server.titles == [TITLE]
    for _ in range(4):
        nights.round()
    assert server.titles == [TITLE, "[RECOVERED] results_database: failed after 6 min"]
    assert [each.resolution for each in incidents.find(nights.deps.engine)] == ["recovered"]
    assert nights.memory.causes == {}


def test_a_short_break_is_no_outage(night):
    nights, server = night
    nights.round()
    nights.round(away=True)
    for _ in range(3):
        nights.round()
    assert server.titles == []


def test_what_could_not_be_told_meanwhile_is_told_afterwards(night):
    nights, server = night
    nights.round()
    server.status = 503
    for _ in range(3):
        nights.round(away=True)
    server.status = 200
    nights.round()
    assert server.titles == [TITLE]


def test_a_cursor_of_another_version_is_forgotten():
    assert offline_store.read('{"causes": 7}') == Memory()
    assert offline_store.read(None) == Memory()
