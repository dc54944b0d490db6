import pytest

from dataflow_health.flight.algorithms.kinds import kind
from dataflow_health_tests.flight.algorithms.flights import make_algorithm


def test_the_version_covers_the_meaning_and_not_the_prose() -> None:
    one = make_algorithm(when="a > 1 and b > 2", lasting="PT5S")
    same = make_algorithm(
        when="a>1 AND (b > 2.0)", lasting="PT5.0S", describes="Else.", source="Else.",
        examples=[{"given": {"a": [1]}, "expect": []}],
    )  # fmt: skip
    assert one.version == same.version
    assert len(one.version) == 12


@pytest.mark.parametrize(
    "change",
    [
        {"when": "a > 1.5"},
        {"when": "a >= 1"},
        {"lasting": "PT6S"},
        {"severity": "alert"},
        {"during": ["hover"]},
        {"clear": "a < 0"},
        {"peak": {"of": "a", "take": "min"}},
        {"kind": "peak", "of": "a", "when": None, "lasting": None},
    ],
)
def test_any_change_of_meaning_changes_the_version(change: dict[str, object]) -> None:
    base = {"when": "a > 1", "lasting": "PT5S"}
    changed = {key: value for key, value in (base | change).items() if value is not None}
    assert make_algorithm(**changed).version != make_algorithm(**base).version


def test_the_version_is_the_same_in_every_process_and_release() -> None:
    """Results carry it, so a change here means that every recording is analysed again."""
    assert make_algorithm(when="a > 1", lasting="PT5S").version == "e292c9aa2f16"


def test_a_new_revision_of_the_code_changes_every_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = make_algorithm(when="a > 1").version
    monkeypatch.setattr(kind, "MEANING_REVISION", kind.MEANING_REVISION + 1)
    assert make_algorithm(when="a > 1").version != before
