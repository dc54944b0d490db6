import io
from pathlib import Path

from dataflow_health.operations.service_log import FileFollower, ServiceLog, last_lines
from dataflow_health_tests.waiting import wait_until


def test_output_goes_on_and_is_kept(tmp_path: Path) -> None:
    log, echo = ServiceLog(tmp_path / "logs" / "api.log"), io.BytesIO()
    log.follow(io.BytesIO(b"one\ntwo\n"), echo)
    wait_until(lambda: last_lines(log.path, 9) == ["one", "two"])
    assert echo.getvalue() == b"one\ntwo\n"
    assert last_lines(log.path, 1) == ["two"]
    assert last_lines(log.path, 0) == []


def test_a_file_of_full_size_is_replaced_and_the_one_before_is_kept(tmp_path: Path) -> None:
    log = ServiceLog(tmp_path / "x.log", max_bytes=10)
    for number in range(5):
        log.write(b"line %d\n" % number)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.log", "x.log.1"]
    assert last_lines(log.path, 9) == ["line 4"]


def test_a_file_that_cannot_be_written_holds_up_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("no folder")
    log, echo = ServiceLog(tmp_path / "logs" / "api.log"), io.BytesIO()
    log.follow(io.BytesIO(b"one\n"), echo)
    wait_until(lambda: echo.getvalue() == b"one\n")
    assert last_lines(tmp_path / "none.log", 3) == []


def test_new_lines_are_followed_over_a_new_file_and_only_whole_ones(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    follower = FileFollower(path)
    assert list(follower.new_lines()) == []
    path.write_bytes(b"one\ntw")
    assert list(follower.new_lines()) == ["one"]
    with path.open("ab") as file:
        file.write(b"o\n")
    assert list(follower.new_lines()) == ["two"]
    path.rename(tmp_path / "x.log.1")
    path.write_bytes(b"three\n")
    assert list(follower.new_lines()) == ["three"]
    assert list(FileFollower(path).new_lines()) == []
