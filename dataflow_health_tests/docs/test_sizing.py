from dataflow_health.health.retention import RetentionPolicy
from docs.generate import sizing
from docs.generate.sizing import Costs

COSTS = Costs({"download": 1e6, "parse": 10e6}, {"parse": 0.5, "load": 0.1}, 20e3, 3e9)


def test_the_page_is_what_the_measured_costs_give() -> None:
    page = (sizing.DOCS / "sizing.md").read_text()
    assert page == sizing.update(page), "python -m docs.generate.sizing"


def test_cores_follow_the_work_of_a_day_and_files_their_age() -> None:
    policy = RetentionPolicy.model_validate({"parse": "P1D"})
    small, large = (sizing.need(each, COSTS, policy) for each in (12, 10_000))
    hours = 12 * sizing.HOURS_A_DAY
    assert small.cores == 2
    assert small.lake_bytes == hours * (1e6 * 365 * sizing.YEARS + 10e6)
    assert large.cores == -(-10_000 * sizing.HOURS_A_DAY * 0.6 // (7200 * 0.6))
    assert large.database_bytes == 10_000 * 3 * 365 * sizing.YEARS * 20e3


def test_no_file_is_kept_longer_than_the_years_that_are_computed() -> None:
    policy = RetentionPolicy.model_validate({"store": "P9999D"})
    assert sizing.kept_days(policy, "store") == sizing.kept_days(policy, "load") == 365 * 5
