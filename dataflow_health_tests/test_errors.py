import pytest

from dataflow_health.errors import (
    ArchiveRefused,
    ConfigError,
    ConfigIssue,
    DatabaseError,
    DataflowHealthError,
    RecordingRefused,
    SourceUnreachable,
    SparkError,
    StageError,
    StorageError,
)


@pytest.mark.parametrize(
    ("issue", "text"),
    [
        (ConfigIssue("a.yaml", 3, "checks.0", "unknown key x", "known: y"),
         "a.yaml:3: checks.0: unknown key x (known: y)"),
        (ConfigIssue("a.yaml", 0, "", "the file is empty"), "a.yaml: the file is empty"),
    ],
)  # fmt: skip
def test_an_issue_shows_file_line_key_problem_and_valid_values(issue: ConfigIssue, text: str):
    assert str(issue) == text


def test_a_config_error_lists_all_issues():
    issues = tuple(ConfigIssue(f"{name}.yaml", 1, "", "invalid") for name in "ab")
    assert str(ConfigError(issues)) == "a.yaml:1: invalid\nb.yaml:1: invalid"
    assert ConfigError(issues).issues == issues


def test_a_refusal_keeps_at_most_64_bytes_of_evidence():
    refused = RecordingRefused("no_sync", "no frames", byte_offset=7, evidence=bytes(100))
    assert str(refused) == "no_sync: no frames"
    assert (len(refused.evidence), refused.byte_offset, refused.measurements) == (64, 7, {})


@pytest.mark.parametrize("kind", [SourceUnreachable, StorageError, DatabaseError, SparkError])
def test_errors_of_a_stage_are_retried_as_stage_errors(kind: type[DataflowHealthError]):
    assert issubclass(kind, StageError)
    assert not issubclass(ArchiveRefused, StageError)
