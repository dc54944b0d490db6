"""A day in an object store whose requests fail at random, or whose objects others change."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from shutil import copytree

import boto3
import pytest
from pyspark.sql import SparkSession

from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import Dependencies, StageOptions
from dataflow_health.storage.files import stores
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.factories import LIMITS, dependencies, stage_request
from dataflow_health_tests.stages import processed_day, rotten_lake
from dataflow_health_tests.stages.processed_day import ProcessedDay
from dataflow_health_tests.storage.faulty_proxy import FAULTS, Fault, FaultyProxy, faulty_proxy
from dataflow_health_tests.storage.serving import KEYS, object_storage

pytestmark = [pytest.mark.slow, pytest.mark.server]
BUCKET = "stages"
FAULT_SHARE = 0.15
"""Share of requests with a fault: five in a row, after which a step fails, are 1 in 13,000."""
MOST_REQUESTS = 28
"""Of one recording through all stages: it has nine files, written once and read once at least."""


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultyProxy]:
    """A store behind a proxy, without faults yet."""
    with object_storage() as url, faulty_proxy(url) as between:
        key, secret = KEYS.values()
        client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
        )
        client.create_bucket(Bucket=BUCKET)
        yield between
    stores.connect.cache_clear()


def in_store(deps: Dependencies, proxy: FaultyProxy, name: str) -> Dependencies:
    """With a lake behind the proxy; its URL has all that Spark's workers need to reach it."""
    key, secret = KEYS.values()
    place = f"s3://{key}:{secret}@{BUCKET}/{name}"
    return replace(deps, lake=Lake(f"{place}?region=us-east-1&endpoint_override={proxy.url}"))


@pytest.mark.spark
def test_random_faults_of_the_store_change_no_finding_and_no_file(
    day: ProcessedDay, proxy: FaultyProxy, spark: SparkSession, tmp_path: Path
) -> None:
    chosen = random.Random(12)

    def choose(_number: int, _method: str, _path: str) -> Fault | None:
        return chosen.choice(FAULTS) if chosen.random() < FAULT_SHARE else None

    proxy.choose = choose
    deps = in_store(dependencies(tmp_path), proxy, "faults")
    processed_day.run_stages(deps, day.landing, lambda: spark)
    proxy.choose = lambda _number, _method, _path: None
    assert processed_day.results(deps) == processed_day.results(day.deps)
    assert {each.fault for each in proxy.seen} == {None, *FAULTS}


def requests_of_a_day(
    recordings: int, proxy: FaultyProxy, spark: SparkSession, folder: Path
) -> Counter[str]:
    """Requests of all stages, lists apart, by method."""
    flights = [
        processed_day.make_flight("HB-ZAA", 2 * n, n, duration_s=600) for n in range(recordings)
    ]
    archives = {f"{name}.zip": {f"{name}.rdf": raw} for name, _, raw in flights}
    processed_day.land_archives(folder / "landing", archives)
    deps = in_store(dependencies(folder), proxy, folder.name)
    before = len(proxy.seen)
    processed_day.run_stages(deps, folder / "landing", lambda: spark)
    return Counter("LIST" if each.is_list else each.method for each in proxy.seen[before:])


@pytest.mark.spark
def test_a_recording_more_costs_requests_of_its_own_files_and_no_list(
    proxy: FaultyProxy, spark: SparkSession, tmp_path: Path
) -> None:
    proxy.choose = lambda _number, _method, _path: None
    of_one, of_four = (
        requests_of_a_day(number, proxy, spark, tmp_path / str(number)) for number in (1, 4)
    )
    assert of_four["LIST"] == of_one["LIST"]
    assert (of_four.total() - of_one.total()) / 3 <= MOST_REQUESTS


def damaged(deps: Dependencies, stage: str, *, changed: bool) -> None:
    """Changes or removes a file of a stage in its lake."""
    path = next(each for each in deps.lake.files(stage) if not each.endswith(".json"))
    deps.lake.remove(path)
    if changed:
        deps.lake.write(path, b"other")


@pytest.fixture(scope="module")
def stored(proxy: FaultyProxy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a day that was processed until store, and its files in the store as well."""
    folder = tmp_path_factory.mktemp("stored")
    rotten_lake.make(folder)
    return folder


@pytest.mark.parametrize("changed", [True, False], ids=["changed", "gone"])
@pytest.mark.parametrize("stage", STAGES[:4])
def test_an_object_that_others_change_has_the_effect_of_a_file_of_this_machine(
    stored: Path, proxy: FaultyProxy, tmp_path: Path, stage: str, changed: bool
) -> None:
    proxy.choose = lambda _number, _method, _path: None
    found = []
    for number, kind in zip(count(), ("here", "there"), strict=False):
        copytree(stored, tmp_path / kind)
        deps = dependencies(tmp_path / kind)
        if kind == "there":
            there = in_store(deps, proxy, f"{tmp_path.name}-{number}")
            for path in chain.from_iterable(map(deps.lake.files, STAGES[:5])):
                there.lake.write(path, deps.lake.read(path))
            deps = there
        damaged(deps, stage, changed=changed)
        after = CHAIN[STAGES.index(stage) + 1]
        options = StageOptions("", 0, LIMITS, "zst", rotten_lake.no_spark)
        summary = after.run(deps, stage_request(force=True), options)
        found.append((processed_day.results(deps), summary.quarantined, summary.remade))
    assert found[0] == found[1]
    assert found[0][1] or found[0][2]
