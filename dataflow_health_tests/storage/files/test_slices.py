from dataflow_health.storage.files import slices


def test_a_share_of_nothing_is_spent_and_that_of_everything_never_is() -> None:
    assert slices.of_cpu(0)()
    assert slices.of_time(0)()
    assert not slices.of_cpu(1000)()
    assert not slices.of_time(1000)()
    assert not slices.never()
