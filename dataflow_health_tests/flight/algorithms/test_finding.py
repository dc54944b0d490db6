import pickle

from dataflow_health.flight.algorithms.finding import AlgorithmResult, Finding


def test_an_outcome_travels_to_another_process_whole() -> None:
    finding = Finding(1.0, 6.0, 34.0, 2.0, "alert", "min x 34")
    outcome = AlgorithmResult("x", "0123456789ab", "found", findings=(finding,))
    assert pickle.loads(pickle.dumps(outcome)) == outcome
