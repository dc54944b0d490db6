import re

import pytest

from benchmarks import damaged_recordings
from benchmarks.damaged_recordings import DAMAGES, PAGE, Source

NUMBERS = 8
"""Numbers of a row: files, refused, corrupt, hidden, foreign, off, silent, most seconds off."""


def test_the_page_has_thousands_of_damaged_files_and_none_is_corrupt_or_silently_off() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.startswith(damaged_recordings.HEAD)
    rows = [
        line.split("|")[1:-1]
        for line in text.splitlines()
        if re.match(r"\| (noise|sim|real)", line)
    ]
    assert {row[1].strip() for row in rows} == set(DAMAGES)
    assert len({row[0] for row in rows}) == 5
    numbers = [[int(each) for each in row[-NUMBERS:]] for row in rows]
    assert sum(row[0] for row in numbers) >= 5000
    assert all((corrupt, silent) == (0, 0) for _, _, corrupt, _, _, _, silent, _ in numbers)


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return list(damaged_recordings.sources())


@pytest.mark.slow
@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_leaves_no_corrupt_subframe_and_no_duration_that_is_silently_off(
    kind: str, sources: list[Source]
) -> None:
    """Many files of small recordings, a few of large ones; the page has more of all."""
    for source in sources:
        for seed in range(30 if source.subframe_bytes < 256 else 3):
            found = damaged_recordings.play(source, kind, seed)
            assert (found.corrupt, found.is_silent) == (0, False), (source.name, seed)
            if kind in ("cut", "repeat", "slip"):
                assert not found.is_off, (source.name, seed)
