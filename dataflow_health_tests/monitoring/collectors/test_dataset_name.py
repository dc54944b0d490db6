import pytest
from sqlalchemy import make_url

from dataflow_health.monitoring.collectors import dataset_name


@pytest.mark.parametrize(
    "url", ["file:///lake/flights", "file:/lake/flights/", "/lake/flights", "file://h/lake/flights"]
)
def test_a_folder_has_one_name(url: str) -> None:
    assert dataset_name.node(dataset_name.of_url(url)) == "dataset:file/lake/flights"


def test_a_table_has_one_name_in_airflow_and_in_the_database() -> None:
    there = dataset_name.of_url("postgres://reader:s3cret@DB.example/fleet/public/finding")
    here = dataset_name.of_table(
        make_url("postgresql+psycopg://writer:pw@db.example:5432/fleet"), "public.finding"
    )
    assert there == here == ("postgres://db.example:5432", "fleet.public.finding")
    assert dataset_name.node(here) == "dataset:postgres://db.example:5432/fleet.public.finding"


def test_stores_of_objects_and_other_addresses_keep_their_path_and_lose_their_user() -> None:
    assert dataset_name.of_url("s3a://fleet/lake/") == ("s3://fleet", "lake")
    assert dataset_name.of_url("hdfs://u:p@name:8020/x") == ("hdfs://name:8020", "x")
    assert dataset_name.of_url("flights") == ("file", "flights")
    assert dataset_name.of_table(make_url("sqlite:////data/a.db"), "t") == ("file", "/data/a.db/t")
