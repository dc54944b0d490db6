from functools import partial

from dataflow_health.alerting import apprise_channel, broadcast
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health_tests.alerting.alert_servers import free_port, web_server

PHONE, MAIL = "DATAFLOW_HEALTH_ALERT_PHONE", "DATAFLOW_HEALTH_ALERT_MAIL"
send = partial(apprise_channel.send, environment={})

RULES = [
    AlertRule.model_validate({"describes": "All.", "channels": [PHONE, MAIL]}),
    AlertRule.model_validate({"describes": "All again.", "channels": [PHONE]}),
]


def test_every_configured_channel_gets_the_message_once() -> None:
    assert broadcast.channels(RULES) == [PHONE, MAIL]
    with web_server() as server:
        errors = broadcast.send(RULES, "[STOPPED]", {"Reason": "why"}, {PHONE: server.url}, send)
    assert errors == {PHONE: ""}
    [body] = server.got
    assert (body["title"], body["message"].split()) == ("[STOPPED]", ["Reason", "why"])


def test_a_channel_that_is_away_does_not_keep_the_others_from_it() -> None:
    with web_server() as server:
        away = f"json://127.0.0.1:{free_port()}/"
        errors = broadcast.send(RULES, "[STOPPED]", {}, {PHONE: away, MAIL: server.url}, send)
    assert (bool(errors[PHONE]), errors[MAIL], len(server.got)) == (True, "", 1)
