from fastapi.testclient import TestClient

PATH = "/api/v1/vocabulary"


def test_quantities_are_found_by_meaning_with_the_algorithms_that_use_them(api: TestClient) -> None:
    first, *_ = api.get(PATH, params={"text": "engine oil"}).json()["data"]
    assert (first["name"], first["unit"]) == ("engine_1_oil_pressure_psi", "psi")
    assert first["algorithms"] == [
        "engine_1_oil_pressure_high", "engine_1_oil_pressure_low",
        "engine_oil_pressure_disagreement",
    ]  # fmt: skip


def test_a_recorders_name_finds_one_quantity_with_its_states(api: TestClient) -> None:
    (found,) = api.get(PATH, params={"text": "squat switch", "limit": 1}).json()["data"]
    assert (found["name"], found["states"]) == ("weight_on_wheels", {"0": "air", "1": "ground"})


def test_a_text_that_matches_nothing_gives_an_empty_list(api: TestClient) -> None:
    assert api.get(PATH, params={"text": "banana"}).json()["data"] == []


def test_a_text_is_required(api: TestClient) -> None:
    assert api.get(PATH).status_code == 422
    assert api.get(PATH, params={"text": ""}).status_code == 422
