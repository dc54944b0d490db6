from pathlib import Path

import pytest

from dataflow_health.operations import class_archive
from dataflow_health.operations.java_runtime import JavaRuntime


@pytest.fixture
def java(tmp_path: Path) -> JavaRuntime:
    modules = tmp_path / "jvm" / "lib" / "modules"
    modules.parent.mkdir(parents=True)
    modules.touch()
    return JavaRuntime(tmp_path / "jvm", 17, "PATH")


def _kept(java: JavaRuntime, folder: Path) -> Path:
    """The archive that is found once one was kept."""
    unfinished = class_archive.unfinished_path(folder)
    unfinished.write_bytes(b"classes")
    unfinished.chmod(0o444)  # as Java makes it
    class_archive.keep(java, {}, unfinished)
    found = class_archive.find(java, {}, folder)
    assert found is not None
    return found


def test_an_archive_that_was_kept_is_found_and_no_other_is_wanted(
    java: JavaRuntime, tmp_path: Path
) -> None:
    assert class_archive.find(java, {}, tmp_path) is None
    assert class_archive.is_wanted(java, {}, tmp_path)
    found = _kept(java, tmp_path)
    assert found.read_bytes() == b"classes"
    assert not class_archive.is_wanted(java, {}, tmp_path)


def test_an_archive_that_became_shorter_is_not_found_and_is_made_again(
    java: JavaRuntime, tmp_path: Path
) -> None:
    found = _kept(java, tmp_path)
    found.chmod(0o644)
    found.write_bytes(b"class")
    assert class_archive.find(java, {}, tmp_path) is None
    assert class_archive.is_wanted(java, {}, tmp_path)
    assert _kept(java, tmp_path) == found


def test_another_spark_and_a_java_that_was_installed_anew_have_another_archive(
    java: JavaRuntime, tmp_path: Path
) -> None:
    _kept(java, tmp_path)
    assert class_archive.is_wanted(java, {"SPARK_HOME": "/opt/spark"}, tmp_path)
    modules = java.home / "lib" / "modules"
    modules.unlink()
    assert class_archive.is_wanted(java, {}, tmp_path)
    modules.touch()
    assert class_archive.is_wanted(java, {}, tmp_path)


def test_keeping_an_archive_removes_those_of_before_and_unfinished_ones(
    java: JavaRuntime, tmp_path: Path
) -> None:
    older = JavaRuntime(tmp_path, 17, "PATH")
    _kept(older, tmp_path)
    (tmp_path / "spark-classes-1.unfinished").touch()
    other = tmp_path / "java"
    other.touch()
    _kept(java, tmp_path)
    assert class_archive.find(older, {}, tmp_path) is None
    assert len(list(tmp_path.glob("spark-classes-*"))) == 1
    assert other.exists()


def test_a_java_that_wrote_no_archive_is_not_asked_again(java: JavaRuntime, tmp_path: Path) -> None:
    class_archive.keep(java, {}, class_archive.unfinished_path(tmp_path))
    assert class_archive.find(java, {}, tmp_path) is None
    assert not class_archive.is_wanted(java, {}, tmp_path)


def test_an_archive_that_was_given_up_is_gone_and_is_not_made_again(
    java: JavaRuntime, tmp_path: Path
) -> None:
    found = _kept(java, tmp_path)
    class_archive.give_up(found)
    assert not found.exists()
    assert not class_archive.is_wanted(java, {}, tmp_path)


def test_a_folder_with_blanks_and_quotes_is_one_word_for_sparks_launcher() -> None:
    options = class_archive.java_options(Path('/home/my "own" data/x.jsa'))
    assert options.endswith(r'-XX:SharedArchiveFile="/home/my \"own\" data/x.jsa"')
