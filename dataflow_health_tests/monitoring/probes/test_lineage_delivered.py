from collections.abc import Mapping
from datetime import timedelta

from dataflow_health.monitoring.probes.installation import load_settings
from dataflow_health.monitoring.probes.result import ProbeContext
from dataflow_health.storage.files import lineage_outbox
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.monitoring.probes.probing import probe

CHECK = {"kind": "lineage_delivered", "at_most": "PT10M"}


def test_events_that_wait_for_too_long_or_were_refused_fail(
    environment: Mapping[str, str],
) -> None:
    assert probe(CHECK, environment).outcome == "unknown"
    wanted = {**environment, "DATAFLOW_HEALTH_OPENLINEAGE_URL": "http://127.0.0.1:9"}
    assert probe(CHECK, wanted).detail == "every event was taken"
    chosen = load_settings(ProbeContext(NOON, 1.0, wanted))
    lineage_outbox.add(chosen, "{}", NOON)
    assert probe(CHECK, wanted, now=NOON + timedelta(minutes=9)).outcome == "passed"
    late = probe(CHECK, wanted, now=NOON + timedelta(minutes=11))
    assert late.outcome == "failed"
    assert "the oldest of 1 waiting events (11 min)" in late.detail
    place = lineage_outbox.folder(chosen)
    (place / lineage_outbox.REFUSED).mkdir()
    for event in lineage_outbox.waiting(chosen):
        event.rename(place / lineage_outbox.REFUSED / event.name)
    assert probe(CHECK, wanted).detail == "events that the receiver refused: 1"
