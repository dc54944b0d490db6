from dataflow_health.errors import SystemUnavailable
from dataflow_health.monitoring.collectors.judged import judged, unavailable
from dataflow_health.monitoring.probes.result import ProbeContext
from dataflow_health_tests.monitoring.probes.probing import NOW


def test_every_reason_is_on_one_line_and_short() -> None:
    assert judged([], "2 well\n").detail == "2 well\\n"
    many = judged(["a\x1b[31m" + "x" * 900, *map(str, range(12))], "")
    assert many.outcome == "failed"
    assert many.detail.startswith("a\\x1b[31mxxx")
    assert many.detail.endswith("; 8; and 3 more")
    assert len(many.detail) < 400


def test_a_program_that_is_away_fails_without_secrets() -> None:
    context = ProbeContext(NOW, 1, {"FLEET_TOKEN": "hunter2222"})
    found = unavailable("Spark", SystemUnavailable("no hunter2222"), context)
    assert (found.outcome, found.detail) == ("failed", "Spark: no ***")
