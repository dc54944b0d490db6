from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from threading import Thread

import pytest

from dataflow_health.stages.sandbox import child, replies
from dataflow_health_tests.stages.sandbox import jobs


@pytest.fixture
def ends() -> Iterator[tuple["Connection[bytes, bytes]", "Connection[bytes, bytes]"]]:
    ours, theirs = Pipe()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_items_are_sent_one_by_one_each_after_the_other_was_handled(ends) -> None:
    ours, theirs = ends
    worker = Thread(target=child.answer, args=(theirs, jobs.count, (2,)))
    worker.start()
    assert ours.recv_bytes() == b'i{"value":0}'
    assert not ours.poll(0.05)
    ours.send_bytes(replies.NEXT)
    assert ours.recv_bytes() == b'i{"value":1}'
    ours.send_bytes(replies.NEXT)
    assert ours.recv_bytes() == replies.END
    worker.join()


def test_an_error_ends_the_job_with_its_message(ends) -> None:
    ours, theirs = ends
    ours.send_bytes(replies.NEXT)
    child.answer(theirs, jobs.refuse, ())
    assert ours.recv_bytes()[:1] == replies.ITEM
    assert ours.recv_bytes().startswith(b'q{"reason":"bad_sync"')


def test_a_job_ends_when_the_other_side_hangs_up(ends) -> None:
    ours, theirs = ends
    ours.close()
    with pytest.raises((EOFError, OSError)):
        child.answer(theirs, jobs.count, (2,))
