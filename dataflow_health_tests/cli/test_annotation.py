from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.storage.ledger.factories import recordings, with_archive


def test_annotations_are_added_listed_edited_and_deleted(shell: OperatorShell) -> None:
    with_archive(shell.engine)
    [recording] = recordings(shell.engine, 1, first=10**9)
    insert_findings(shell.engine, 1, recording_id=recording)
    at = ("--recording", recording, "--at", 5)
    words = ("annotation", "add", "gust [b]", "--operator", "anna")
    assert shell.json(*words, *at, "--until", 8)["author"] == "anna"
    said = shell.output(*words, *at, "--algorithm", "torque_0")
    assert said == f"Annotation 2 of torque_0 {recording[:12]} at 5 s to 6 s: added.\n"
    shell.output(*words, "--process", "parse")
    shell.output(*words, "--incident", 1)
    listed = shell.output("annotation", "list")
    assert "gust [b]" in listed
    assert "incident 1" in listed
    assert len(shell.json("annotation", "list", "--recording", recording)) == 2
    assert len(shell.json("annotation", "list", "--process", "parse")) == 1
    refused = shell.output("annotation", "edit", 1, "mine", "--operator", "bert", code=2)
    assert "anna, who alone can change it" in refused
    shell.output("annotation", "edit", 1, "a gust", "--operator", "anna")
    assert "(edited)" in shell.output("annotation", "list", "--recording", recording)
    for number in range(1, 5):
        shell.output("annotation", "delete", number)
    assert shell.output("annotation", "list") == "There are no such annotations.\n"


def test_an_annotation_is_of_one_thing(shell: OperatorShell) -> None:
    words = ("annotation", "add", "x")
    assert "give one of" in shell.output(*words, code=2)
    both = shell.output(*words, "--process", "parse", "--incident", 1, code=2)
    assert "give one of" in both
    assert "need --recording" in shell.output(*words, "--process", "parse", "--at", 3, code=2)
