from dataflow_health.cli.finding_options import FindingOptions, given
from dataflow_health.storage.queries.findings import FindingFilter


def test_a_choice_that_is_not_made_is_an_empty_filter() -> None:
    options = FindingOptions(
        algorithm="", severity=None, state=None, from_at=None, to_at=None, undated=False
    )
    assert FindingFilter(**given(options)) == FindingFilter()
    assert FindingFilter(**given({**options, "state": "new"})).state == "new"
