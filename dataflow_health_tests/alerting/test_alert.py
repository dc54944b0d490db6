from datetime import timedelta

from dataflow_health.alerting import alert
from dataflow_health_tests.health.incident_factories import NOON, make_incident


def test_an_open_incident_fires_until_it_is_not_repeated() -> None:
    incident = make_incident()
    made = alert.of_incident(incident, {"summary": "s", "blocked": ""}, "http://page", NOON)
    assert made.ends_at == NOON + alert.FIRES_FOR
    document = made.document()
    assert document["annotations"] == {"summary": "s"}
    assert document["labels"]["process"] == incident.problem.process
    assert document["startsAt"] == incident.opened_at.isoformat()


def test_a_closed_or_muted_incident_has_ended() -> None:
    incident = make_incident()
    closed = incident.model_copy(update={"closed_at": NOON})
    assert alert.of_incident(closed, {}, "", NOON).ends_at == NOON
    muted = incident.model_copy(update={"state": "muted", "updated_at": NOON})
    assert alert.of_incident(muted, {}, "", NOON + timedelta(hours=1)).ends_at == NOON


def test_its_labels_stay_while_it_grows_and_flaps() -> None:
    incident = make_incident()
    problem = incident.problem.model_copy(update={"failures": 99, "tails": ("HB-X", "HB-Y")})
    grown = incident.model_copy(update={"problem": problem, "flapping": True})
    first, then = (alert.of_incident(each, {}, "", NOON) for each in (incident, grown))
    assert first.labels == then.labels


def test_every_text_can_be_hidden() -> None:
    made = alert.of_notice("torque", "alert", {"summary": "HB-X"}, NOON, aircraft="HB-X")
    hidden = made.hidden(lambda text: text.replace("HB-X", "AC-1"))
    assert (hidden.labels["aircraft"], hidden.annotations["summary"]) == ("AC-1", "AC-1")
    assert hidden.labels["severity"] == "critical"
