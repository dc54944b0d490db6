from sqlalchemy import Engine, delete

from dataflow_health.storage.ledger import aircraft_counts, count_proof, day_counts
from dataflow_health.storage.records import results
from dataflow_health.storage.records.results import RunRow
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import snapshot, writing
from dataflow_health_tests.factories import DAY, NOON


def runs(number: int, outcome: str) -> list[RunRow]:
    return [
        RunRow(f"{n:064x}", "vmo", "1", "1", "HB-ZAA", DAY, outcome, "", 0, NOON)
        for n in range(number)
    ]


def test_results_loaded_in_bulk_are_counted_and_replaced_ones_no_longer(engine: Engine) -> None:
    ids = [f"{n:064x}" for n in range(700)]
    for outcome in ("clear", "found"):
        with writing(engine) as connection:
            results.replace(connection, DAY, ids, runs(700, outcome), [])
    with snapshot(engine) as connection:
        (found,) = day_counts.read(connection, [DAY])
    assert (found.step, found.state, found.number) == ("algorithm_run", "found", 700)


def test_the_counts_of_a_transaction_that_fails_are_as_before(engine: Engine) -> None:
    with writing(engine) as connection:
        results.bulk_insert(connection, tables.algorithm_run, runs(3, "clear"))
    with writing(engine) as connection:
        connection.execute(delete(tables.algorithm_run))
        connection.rollback()
    assert count_proof.wrong_days(engine) == []
    assert aircraft_counts.wrong(engine) == []
