from datetime import timedelta

from dataflow_health.health import ledger_check
from dataflow_health.health.ledger_check import AnswersComplete, VersionsCurrent, WorkMoves


def test_a_debt_fails_after_a_day_by_default() -> None:
    for kind in (AnswersComplete, VersionsCurrent):
        check = kind(kind=kind.model_fields["kind"].annotation.__args__[0], name="debt")
        assert check.fails_after == timedelta(days=1)


def test_every_kind_is_in_the_list_of_kinds() -> None:
    kinds = {
        each.model_fields["kind"].annotation.__args__[0] for each in ledger_check.LEDGER_CHECKS
    }
    assert kinds == ledger_check.LEDGER_CHECK_KINDS


def test_work_may_wait_for_half_an_hour_by_default() -> None:
    assert WorkMoves(kind="work_moves", name="work_moves").at_most == timedelta(minutes=30)
