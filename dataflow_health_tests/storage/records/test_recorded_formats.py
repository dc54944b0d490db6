from sqlalchemy import Engine

from dataflow_health.storage.records import recorded_formats


def test_a_format_is_kept_once_and_read_by_its_digest(engine: Engine) -> None:
    recorded_formats.save(engine, "a", {"oil": (1.0, "psi", 0.0, None)})
    recorded_formats.save(engine, "a", {"oil": (1.0, "psi", 0.0, None)})
    recorded_formats.save(engine, "b", {})
    assert recorded_formats.read(engine, ["a", "c"]) == {"a": {"oil": [1.0, "psi", 0.0, None]}}
    assert recorded_formats.read(engine, []) == {}
