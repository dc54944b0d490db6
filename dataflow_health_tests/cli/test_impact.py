from dataflow_health.cli.impact import impact_text
from dataflow_health.schemas import ChangeImpact, ImpactDay
from dataflow_health_tests.analysed_recordings import analyse
from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.ledger.factories import states


def test_the_recordings_that_a_change_redoes_are_counted(shell: OperatorShell) -> None:
    analyse(shell.engine, sorted(states(shell.engine)), {})
    output = shell.output("impact", "rotor_droop")
    assert "algorithm rotor_droop runs analyse, load again" in output
    assert "2 recordings on 1 arrival days" in output
    found = shell.json("impact", "rotor_droop", "--kind", "algorithm")
    assert [each["recordings"] for each in found["days"]] == [2]
    assert "did you mean" in shell.output("impact", "rotor_drop", code=2)


def test_a_long_list_of_days_is_cut() -> None:
    day = ImpactDay(arrival_day=NOON.date(), recordings=1, hours=0.5)
    found = ChangeImpact(
        at=NOON, name="a", kind="layout", stages=("parse",), recordings=12, hours=6,
        days=(day,) * 12,
    )  # fmt: skip
    text = impact_text(found)
    assert "at most 6.0 h" in text
    assert "for all" not in text
    assert "2026-11-20: 1 recordings, 30.0 min" in text
    changed = impact_text(found.model_copy(update={"archives": 7}))
    assert "again\nfor all 7 archives, and\nfor 12 recordings" in changed
    assert text.endswith("and 2 more; --json has all")
