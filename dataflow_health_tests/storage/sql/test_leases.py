from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

from sqlalchemy import Engine

from dataflow_health.storage.sql import leases
from dataflow_health.storage.sql.database import reading
from dataflow_health_tests.waiting import wait_until

LONG, SHORT = timedelta(hours=1), timedelta(milliseconds=200)


def acquire(engine: Engine, holder: str, ttl: timedelta = LONG, rank: int = 0) -> bool:
    return leases.acquire(engine, "work", holder, rank=rank, ttl=ttl)


def test_one_process_holds_a_lease_and_may_renew_it(engine: Engine) -> None:
    assert acquire(engine, "first")
    assert not acquire(engine, "second")
    assert acquire(engine, "first")
    assert leases.find_holder(engine, "work") == "first"


def test_a_lease_that_is_not_renewed_goes_to_the_next_process(engine: Engine) -> None:
    assert acquire(engine, "first", SHORT)
    wait_until(lambda: acquire(engine, "second"))
    assert not acquire(engine, "first")


def test_a_lease_from_before_the_clock_was_set_back_is_free(engine: Engine) -> None:
    assert acquire(engine, "first", timedelta(hours=1))
    assert acquire(engine, "second", SHORT)
    assert leases.find_holder(engine, "work") == "second"


def test_a_renewed_lease_lasts_longer(engine: Engine) -> None:
    assert acquire(engine, "first", SHORT)
    assert acquire(engine, "first", LONG)
    assert not acquire(engine, "second")


def test_a_higher_rank_takes_the_lease_and_a_lower_one_does_not(engine: Engine) -> None:
    assert acquire(engine, "daemon", rank=0)
    assert acquire(engine, "api", rank=1)
    assert not acquire(engine, "daemon", rank=0)
    assert leases.find_holder(engine, "work") == "api"


def test_only_its_holder_frees_a_lease(engine: Engine) -> None:
    assert acquire(engine, "first")
    leases.release(engine, "work", "second")
    assert leases.find_holder(engine, "work") == "first"
    leases.release(engine, "work", "first")
    assert leases.find_holder(engine, "work") == ""
    assert acquire(engine, "second")


def test_of_many_at_once_one_gets_the_lease(engine: Engine) -> None:
    barrier, winners = Barrier(8), []

    def race(holder: str) -> None:
        barrier.wait()
        if acquire(engine, holder):
            winners.append(holder)

    threads = [Thread(target=race, args=(f"process {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert winners == [leases.find_holder(engine, "work")]


def test_the_time_of_the_database_is_in_utc(engine: Engine) -> None:
    with reading(engine) as connection:
        now = leases.database_time(connection)
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=10)
