"""Whatever a job does in its child process, the caller gets a result, a refusal or a fault."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflow_health.errors import RecordingRefused, Refused, SandboxError, StorageError
from dataflow_health.stages.sandbox import pool
from dataflow_health.stages.sandbox.child import Job
from dataflow_health.stages.sandbox.limits import SandboxLimits
from dataflow_health.stages.sandbox.pool import Sandbox
from dataflow_health_tests.stages.sandbox import jobs
from dataflow_health_tests.stages.sandbox.jobs import Number

pytestmark = pytest.mark.server

LIMITS = SandboxLimits(
    memory_bytes=1 << 30, cpu_s=1, file_bytes=1 << 20, descriptors=32, silence_s=60
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    room = Sandbox(LIMITS)
    yield room
    room.close()


def run(sandbox: Sandbox, job: Job, *arguments: object) -> list[int]:
    return sandbox.run(
        job,
        *arguments,
        item=Number,
        handle=lambda number: number.value,
        refusal=RecordingRefused,
        subject="recording a",
    )


def test_the_process_is_kept_for_the_next_job(sandbox: Sandbox) -> None:
    assert run(sandbox, jobs.count, 3) == [0, 1, 2]
    assert run(sandbox, jobs.count, 0) == []
    assert run(sandbox, jobs.process_id) == run(sandbox, jobs.process_id)


def test_a_refusal_arrives_whole_and_keeps_the_process(sandbox: Sandbox) -> None:
    before = run(sandbox, jobs.process_id)
    with pytest.raises(RecordingRefused) as caught:
        run(sandbox, jobs.refuse)
    refused = caught.value
    assert (refused.reason, refused.detail, refused.byte_offset) == ("bad_sync", "no sync", 7)
    assert (refused.frame, refused.evidence, refused.measurements) == (2, b"\xff\0", {"a": [1]})
    assert run(sandbox, jobs.process_id) == before


@pytest.mark.parametrize(
    ("job", "reason", "words"),
    [
        (jobs.fill_memory, "out_of_memory", "MemoryError"),
        (jobs.spin, "cpu_limit", "recording a: reading it takes more than 1 s of CPU time"),
        (jobs.open_many, "too_many_files", "Too many open files"),
        (jobs.leave, "reader_crashed", "recording a: its reader ended with exit code 3"),
        (jobs.lie, "reader_crashed", "nonsense"),
        (jobs.archive_refusal, "reader_crashed", "exit code 1"),
    ],
)
def test_a_limit_or_a_crash_refuses_what_was_read_with_its_cause(
    sandbox: Sandbox, job: Job, reason: str, words: str
) -> None:
    with pytest.raises(RecordingRefused) as caught:
        run(sandbox, job)
    assert caught.value.reason == reason
    assert words in caught.value.detail
    assert run(sandbox, jobs.count, 1) == [0]


def test_a_file_may_not_exceed_its_limit(sandbox: Sandbox, tmp_path: Path) -> None:
    assert run(sandbox, jobs.write, tmp_path / "a", 1 << 20) == [1 << 20]
    with pytest.raises(RecordingRefused, match="file_too_large"):
        run(sandbox, jobs.write, tmp_path / "b", (1 << 20) + 1)


def test_a_process_that_is_silent_is_ended() -> None:
    room = Sandbox(SandboxLimits(silence_s=0.5))
    with pytest.raises((RecordingRefused, SandboxError)) as caught:
        run(room, jobs.sleep)
    assert "without an answer" in str(caught.value)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_process_that_dies_twice_refuses_and_once_is_an_accident(
    sandbox: Sandbox, tmp_path: Path, number: signal.Signals
) -> None:
    with pytest.raises(RecordingRefused, match=f"reader_crashed: recording a: .*{number.name}"):
        run(sandbox, jobs.die, number)
    assert run(sandbox, jobs.die, number, tmp_path / "marker") == [1, 2]


def test_a_process_that_a_person_ends_refuses_nothing(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="SIGTERM"):
        run(sandbox, jobs.die, signal.SIGTERM)


def test_a_missing_disk_is_a_fault_of_the_stage(sandbox: Sandbox) -> None:
    with pytest.raises(StorageError, match="No such file"):
        run(sandbox, jobs.missing_disk)


def test_an_error_of_the_caller_ends_the_process(sandbox: Sandbox) -> None:
    def fail(_number: Number) -> None:
        raise StorageError("disk full")

    before = run(sandbox, jobs.process_id)
    with pytest.raises(StorageError):
        sandbox.run(jobs.count, 3, item=Number, handle=fail, refusal=RecordingRefused, subject="a")
    assert run(sandbox, jobs.process_id) != before


def test_a_process_that_died_idle_is_replaced(sandbox: Sandbox) -> None:
    [before] = run(sandbox, jobs.process_id)
    os.kill(before, signal.SIGKILL)
    [after] = run(sandbox, jobs.process_id)
    assert after != before


def test_the_environment_holds_no_setting_and_so_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", "postgresql://u:secret@h/d")
    for name in ("LD_LIBRARY_PATH", "PYTHONHOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    room = Sandbox(LIMITS)
    [names] = room.run(
        jobs.environment,
        item=jobs.Words,
        handle=lambda found: set(found.words),
        refusal=Refused,
        subject="a",
    )
    room.close()
    allowed = {"PYTHONPATH", "LANG", "LC_CTYPE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
    assert {"TMPDIR"} <= names <= allowed | {"TMPDIR", "safe_path=True"}


def test_one_sandbox_is_shared_by_equal_limits() -> None:
    assert pool.shared(LIMITS) is pool.shared(SandboxLimits(**{
        name: getattr(LIMITS, name) for name in LIMITS.__slots__
    }))  # fmt: skip
    assert pool.shared() is not pool.shared(LIMITS)


def test_a_process_that_is_started_early_runs_the_first_job() -> None:
    room = Sandbox(LIMITS)
    room.start()
    room.start()
    assert run(room, jobs.count, 1) == [0]
    room.close()
