import pytest

from dataflow_health.storage.files import source_names


@pytest.mark.parametrize(
    ("name", "is_archive", "is_strange"),
    [
        ("day/a.ZIP", True, False),
        ("a.zip.sha256", False, False),
        (".a.zip", False, False),
        ("day/.hidden/a.zip", False, False),
        ("a.zip.part", False, True),
        ("a.rdf", False, True),
    ],
)
def test_a_name_says_what_a_file_is(name: str, is_archive: bool, is_strange: bool) -> None:
    assert source_names.is_archive(name) == is_archive
    assert source_names.is_strange(name) == is_strange


def test_a_digest_belongs_to_its_archive() -> None:
    assert source_names.without_sidecar("day/a.zip.sha256") == "day/a.zip"
    assert source_names.without_sidecar("day/a.zip") == "day/a.zip"
