from pathlib import Path

from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import READER, OperatorClient
from dataflow_health_tests.api.test_findings import engine_of
from dataflow_health_tests.api.token_factory import settings, token
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.installation import recording_id


def test_every_subject_is_annotated_by_an_operator_and_read_by_all(
    operator_api: OperatorClient,
) -> None:
    insert_findings(engine_of(operator_api), 1, recording_id=recording_id(0))
    places = (
        (f"/recordings/{recording_id(0)}", {"start_s": 3, "end_s": 4}, "recording"),
        (f"/recordings/{recording_id(0)}", {"start_s": 5, "algorithm": "torque_0"}, "finding"),
        ("/processes/parse", {}, "process"),
        ("/incidents/1", {}, "incident"),
    )
    for path, place, kind in places:
        body = {"text": f"a {kind}", **place}
        assert operator_api.post(f"{path}/annotations", body, READER).status_code == 403
        added = operator_api.post(f"{path}/annotations", body).json()["data"]
        assert (added["kind"], added["author"], added["edited_at"]) == (kind, "anna", None)
    found = operator_api.get("/annotations")
    assert [each["kind"] for each in found] == ["incident", "process", "finding", "recording"]
    assert len(operator_api.get("/annotations", recording=recording_id(0))) == 2
    assert len(operator_api.get("/annotations", incident=1)) == 1
    assert operator_api.get("/annotations", before=2)[0]["id"] == 1


def test_an_annotation_is_edited_and_deleted(operator_api: OperatorClient) -> None:
    operator_api.post("/processes/parse/annotations", {"text": "disk is new"})
    path = "/annotations/1"
    assert operator_api.post(f"{path}/edit", {"text": "x"}, READER).status_code == 403
    edited = operator_api.post(f"{path}/edit", {"text": "disk is newer"}).json()["data"]
    assert edited["text"] == "disk is newer"
    assert operator_api.post(f"{path}/delete", {}, READER).status_code == 403
    assert operator_api.post(f"{path}/delete", {}).status_code == 200
    assert operator_api.post(f"{path}/delete", {}).status_code == 404
    actions = [each["action"] for each in operator_api.get("/audit")]
    assert actions == ["delete_annotation", "edit_annotation", "annotate"]


def test_what_cannot_be_annotated_is_refused(operator_api: OperatorClient) -> None:
    for path, body, status in (
        ("/processes/none", {"text": "x"}, 404),
        ("/incidents/9", {"text": "x"}, 404),
        ("/recordings/000000", {"text": "x"}, 404),
        (f"/recordings/{recording_id(0)}", {"text": "x", "end_s": 3}, 409),
        ("/processes/parse", {"text": " "}, 422),
        ("/processes/parse", {"text": "x" * 2001}, 422),
        ("/processes/parse", {"text": "x", "author": "bert"}, 422),
    ):
        assert operator_api.post(f"{path}/annotations", body).status_code == status, path


def test_a_person_annotates_the_own_aircraft_only(tmp_path: Path) -> None:
    chosen = settings(tmp_path, token_tails_claim="tails")
    installation.filled(chosen).dispose()
    api = installation.client(chosen)

    def call(method: str, path: str, tails: str, **body: str) -> int:
        role = {"tails": tails, "roles": ["operate"]}
        headers = {"Authorization": f"Bearer {token(**role)}"}
        given = {"json": body} if method == "POST" else {}
        return api.request(method, f"/api/v1{path}", headers=headers, **given).status_code

    path = f"/recordings/{recording_id(0)}/annotations"
    assert call("POST", path, "HB-Z01", text="x") == 403
    assert call("POST", path, "HB-Z00", text="x") == 200
    assert call("POST", "/processes/parse/annotations", "HB-Z00", text="x") == 403
    assert call("GET", "/annotations?tail=HB-Z00", "HB-Z00") == 200
    assert call("GET", "/annotations", "HB-Z00") == 403
    assert call("POST", "/annotations/1/edit", "HB-Z01", text="y") == 403
    assert call("POST", "/annotations/x/edit", "HB-Z00", text="y") == 403
    assert call("POST", "/annotations/1/edit", "HB-Z00", text="y") == 200
    assert call("POST", "/annotations/1/delete", "HB-Z00") == 200
