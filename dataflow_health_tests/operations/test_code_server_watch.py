"""When a code server counts as silent."""

from dataflow_health.operations import code_server_watch


def test_a_server_is_silent_after_several_questions_in_a_row() -> None:
    listens = [False, False, True]  # it reads its definitions first
    answers = [True, False, False, True, False, False, False]  # an answer counts from anew
    pauses: list[float] = []
    code_server_watch.wait_until_silent(
        lambda: listens.pop(0), lambda: answers.pop(0), pauses.append
    )
    assert (listens, answers) == ([], [])
    assert pauses == [code_server_watch.ASK_EVERY_S] * 9
