from collections.abc import Iterator, Sequence
from datetime import timedelta

import fsspec
import pytest

from dataflow_health.storage.files import key_watch
from dataflow_health.storage.files.key_watch import KeyWatch, ObjectStore
from dataflow_health.storage.files.landing_folder import Entry
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def system() -> Iterator[fsspec.AbstractFileSystem]:
    """Object storage with an empty bucket."""
    with serving.object_storage() as url:
        found = fsspec.filesystem(
            "s3", key="x", secret="x", endpoint_url=url, skip_instance_cache=True
        )
        found.mkdir("watched")
        yield found


def test_new_keys_are_found_in_order_and_others_in_their_turn(
    system: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PAGE", "SHORT_PAGE"):
        monkeypatch.setattr(key_watch, name, 2)
    content = {f"watched/in/{day}/{n}.zip": b"PK" for day in "12" for n in range(3)}
    system.pipe({**content, "watched/in/1/2.zip.sha256": b"0", "watched/other.zip": b"PK"})
    store, watch, taken = ObjectStore(system, "watched/in"), KeyWatch(), set()

    def untaken(entries: Sequence[Entry]) -> list[str]:
        return [each.name for each in entries if each.name not in taken]

    def names(seconds: int) -> set[str]:
        found = watch.find(store, untaken, NOON + timedelta(seconds=seconds))
        watch.leave_out(taken)
        return {each.name for each in found} - taken - {f"{name}.sha256" for name in taken}

    everything = {name.removeprefix("watched/in/") for name in content}
    assert names(0) == {*everything, "1/2.zip.sha256"}
    taken |= everything
    assert names(1) == set()
    system.pipe({"watched/in/3/new.zip": b"PK", "watched/in/1/9.zip": b"PK"})
    assert {name for n in range(2, 8) for name in names(n)} == {"3/new.zip", "1/9.zip"}
    taken |= {"3/new.zip", "1/9.zip"}
    system.pipe({"watched/in/0/late.zip": b"PK", "watched/in/0/late.zip.sha256": b"0"})
    found = [names(n) for n in range(20, 40)]
    assert found[-1] == {"0/late.zip", "0/late.zip.sha256"}
    system.rm("watched/in/0/late.zip")
    assert "0/late.zip" not in [names(n) for n in range(60, 65)][-1]


def test_a_bucket_that_is_not_there_is_an_error(system: fsspec.AbstractFileSystem) -> None:
    with pytest.raises(FileNotFoundError):
        KeyWatch().find(ObjectStore(system, "nosuch"), lambda _: [], NOON)
