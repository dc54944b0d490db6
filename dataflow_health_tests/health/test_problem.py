"""Identity of a problem."""

import hashlib

from dataflow_health.health.problem import fingerprint
from dataflow_health_tests.health.incident_factories import make_problem


def test_a_fingerprint_is_sixteen_digits_of_a_hash():
    digest = hashlib.sha256(b"parse/frames_in_sync/no_sync").hexdigest()
    assert fingerprint("parse", "frames_in_sync", "no_sync") == digest[:16]


def test_a_problem_is_identified_by_process_check_and_cause():
    problem = make_problem()
    assert problem.fingerprint == fingerprint("parse", "frames_in_sync", "no_sync")
    assert make_problem(99, tails=("HB-ZAA",), severity="warning").fingerprint == (
        problem.fingerprint
    )
    for given in ({"process": "load"}, {"check": "clock"}, {"cause": "crc_error"}):
        assert make_problem(**given).fingerprint != problem.fingerprint
