from dataflow_health.stages.recording_kind import kind_digest


def test_the_digest_differs_by_recorder_and_layout() -> None:
    kinds = [("rdf", None), ("rdf", "twin"), ("csv", None), ("rdft", "win")]
    assert len({kind_digest(*kind) for kind in kinds}) == len(kinds)
    assert kind_digest("rdf", None) == kind_digest("rdf", "")
