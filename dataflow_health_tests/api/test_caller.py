import pytest

from dataflow_health.api.caller import ANONYMOUS, SCOPES, Caller


def test_each_scope_includes_those_before_it():
    allowed = {scope: [each for each in SCOPES if Caller("a", scope).may(each)] for scope in SCOPES}
    assert allowed == {
        "read": ["read"],
        "operate": ["read", "operate"],
        "admin": ["read", "operate", "admin"],
    }


@pytest.mark.parametrize(
    ("tails", "seen"),
    [
        (("*",), True), (("HB-Z*",), True), (("D-*", "HB-ZAA"), True),
        (("HB-ZA",), False), (("hb-z*",), False), ((), False),
    ],
)  # fmt: skip
def test_a_caller_sees_the_aircraft_of_a_pattern(tails, seen):
    assert Caller("a", "operate", tails=tails).may_see("HB-ZAA") is seen


def test_an_administrator_sees_all_aircraft_and_so_does_everyone_where_there_are_no_keys():
    assert Caller("a", "admin", tails=()).may_see("HB-ZAA")
    assert ANONYMOUS.sees_all_aircraft
