import hashlib
import zipfile
from pathlib import Path

import pytest

from dataflow_health.errors import NotAllowed
from dataflow_health.operations import landing
from dataflow_health.storage.files import source


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "card" / "HB-ZAA_1.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("HB-ZAA_1.rdf", b"frames")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "landing"
    made.mkdir()
    return made


def outcomes(folder: Path, *files: Path) -> list[str]:
    return [each.outcome for each in landing.land(str(folder), files)]


def test_an_archive_is_whole_there_and_again_it_is_present(folder: Path, archive: Path) -> None:
    assert outcomes(folder, archive) == ["landed"]
    assert (folder / archive.name).read_bytes() == archive.read_bytes()
    assert outcomes(folder, archive) == ["present"]
    assert [each.name for each in folder.iterdir()] == [archive.name]


def test_the_place_of_another_archive_is_not_taken(folder: Path, archive: Path) -> None:
    (folder / archive.name).write_bytes(b"another")
    [refused] = landing.land(str(folder), [archive])
    assert refused.outcome == "refused"
    assert "another archive of this name" in refused.detail
    assert (folder / archive.name).read_bytes() == b"another"
    assert len(list(folder.iterdir())) == 1


def test_what_is_no_archive_is_refused_and_stops_no_other(
    folder: Path, archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "x.rdf").write_bytes(b"frames")
    (tmp_path / "cut.zip").write_bytes(archive.read_bytes()[:40])
    files = (tmp_path / "x.rdf", tmp_path / "cut.zip", tmp_path / "none.zip", tmp_path, archive)
    assert outcomes(folder, *files) == ["refused"] * 4 + ["landed"]


@pytest.mark.parametrize(("digest", "outcome"), [("right", "landed"), ("wrong", "refused")])
def test_a_digest_beside_the_archive_is_compared(
    folder: Path, archive: Path, digest: str, outcome: str
) -> None:
    right = hashlib.sha256(archive.read_bytes()).hexdigest()
    declared = right if digest == "right" else "0" * 64
    archive.with_name(archive.name + ".sha256").write_text(f"{declared}  {archive.name}\n")
    assert outcomes(folder, archive) == [outcome]
    assert len(list(folder.iterdir())) == (outcome == "landed")


def test_while_it_is_copied_the_source_shows_nothing(folder: Path, archive: Path) -> None:
    part = folder / f".{archive.name}.7.part"
    part.write_bytes(b"half")
    assert source.list_entries(str(folder)) == source.Listing((), ())


def test_a_source_on_another_machine_or_without_a_folder_is_refused(
    archive: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotAllowed, match="upload them there") as raised:
        landing.land("sftp://u:s3cret@h/x", [archive])
    assert "s3cret" not in str(raised.value)
    with pytest.raises(NotAllowed, match="there is no landing folder"):
        landing.land(str(tmp_path / "none"), [archive])
