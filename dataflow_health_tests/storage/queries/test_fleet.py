from sqlalchemy import Engine

from dataflow_health.storage.queries import fleet


def test_every_recording_is_counted_once_per_stage(ledger: Engine) -> None:
    cells = fleet.stage_counts(ledger)
    parse = [cell for cell in cells if cell.stage == "parse"]
    assert sum(cell.done for cell in parse) == 38
    assert sum(cell.quarantined for cell in parse) == 2
    assert sum(cell.done for cell in cells if cell.stage == "load") == 38
    assert sum(count for count, _ in fleet.arrivals(ledger).values()) == 40


def test_old_done_work_is_left_out_but_unfinished_work_never_is(ledger: Engine) -> None:
    parse = [cell for cell in fleet.stage_counts(ledger, "2027-01-01") if cell.stage == "parse"]
    assert sum(cell.done for cell in parse) == 0
    assert sum(cell.quarantined for cell in parse) == 2
