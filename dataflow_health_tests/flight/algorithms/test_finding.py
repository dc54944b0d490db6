import pickle

from dataflow_health.flight.algorithms.finding import AlgorithmResult, Finding


def test_a_result_can_be_pickled() -> None:
    finding = Finding(1.0, 6.0, 34.0, 2.0, "alert", "min x 34")
    result = AlgorithmResult("x", "0123456789ab", "found", findings=(finding,))
    assert pickle.loads(pickle.dumps(result)) == result
