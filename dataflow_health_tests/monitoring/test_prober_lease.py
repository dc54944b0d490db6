from sqlalchemy import Engine

from dataflow_health.monitoring import prober_lease


def test_an_api_goes_before_the_daemon(engine: Engine) -> None:
    api, daemon = prober_lease.of_api(), prober_lease.of_daemon()
    assert daemon.acquire(engine)
    assert api.acquire(engine)
    assert not daemon.acquire(engine)
    api.release(engine)
    assert daemon.acquire(engine)


def test_all_sensors_of_one_process_share_a_lease_and_two_monitors_do_not(engine: Engine) -> None:
    assert prober_lease.of_daemon() == prober_lease.of_daemon()
    assert prober_lease.of_api().acquire(engine)
    assert not prober_lease.of_api().acquire(engine)
