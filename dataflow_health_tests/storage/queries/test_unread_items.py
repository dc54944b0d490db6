from sqlalchemy import Engine

from dataflow_health.health.recorded_flight import UnreadItem
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.queries import unread_items
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import (
    recordings,
    refuse,
    refuse_archive,
    result,
)


def test_what_is_in_work_or_in_quarantine_before_its_flight_is_known_is_listed(
    engine: Engine,
) -> None:
    waiting, refused, stored, again = recordings(engine, 4)
    refuse(engine, [refused])
    for stage in ("parse", "compress", "store"):
        ledger.finish(engine, stage, DAY, "run", [result(stored), result(again)])
    refuse_archive(engine, "HB-ZAA_20261120T121954Z.zip")
    ledger.begin(engine, "store", [again], "run", NOON)
    found = unread_items.read(engine, {again})
    assert found == {
        "HB-ZAA": [
            UnreadItem(waiting, "in work at parse", None, NOON, "generic_rdf"),
            UnreadItem(refused, "in quarantine at parse (no_sync)", None, NOON, "generic_rdf"),
            UnreadItem("b" * 64, "in quarantine at extract (crc_error)", None, NOON),
        ]
    }
