"""Messages through apprise to real servers on loopback."""

from dataflow_health.alerting import apprise_channel, messages
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health_tests.alerting.alert_servers import free_port, mail_server, web_server
from dataflow_health_tests.health.incident_factories import NOON, make_incident

LINKS = MessageLinks("http://dagster.example", {"parse": "parse/parameters"})
MESSAGE = messages.incident_message(make_incident(), "opened", LINKS, NOON)


def test_a_mail_server_gets_plain_text_and_html():
    with mail_server() as (url, box):
        assert apprise_channel.send(url, MESSAGE, {}) == ""
    (mail,) = box.got
    assert mail["Subject"] == "[FAILED] parse: no_sync on HB-ZAC"
    parts = {part.get_content_type(): part.get_payload(decode=True).decode() for part in mail.walk()
             if not part.is_multipart()}  # fmt: skip
    assert set(parts) == {"text/plain", "text/html"}
    for body in parts.values():
        assert "HB-ZAC_1.rdf" in body
        assert "dataflow-health quarantine replay --stage parse" in body
    assert "<code>dataflow-health quarantine" in parts["text/html"]
    assert "&lt;zeros&gt;" in parts["text/html"]


def test_a_web_hook_gets_plain_text():
    with web_server() as server:
        assert apprise_channel.send(server.url, MESSAGE, {}) == ""
    (body,) = server.got
    assert body["title"] == MESSAGE.title
    assert body["message"].strip() == MESSAGE.text.strip()


def test_a_service_that_refuses_is_quoted_without_its_secret():
    with web_server() as server:
        server.status = 401
        url = server.url.replace("json://", "json://anna:sesame@")
        error = apprise_channel.send(url, MESSAGE, {"PHONE": url})
    assert "401" in error
    assert "sesame" not in error


def test_a_service_that_is_unreachable_is_an_error_in_one_line():
    error = apprise_channel.send(f"json://127.0.0.1:{free_port()}/", MESSAGE, {})
    assert error
    assert "\n" not in error


def test_an_unknown_kind_of_url_is_an_error():
    error = apprise_channel.send("nonsense://x", MESSAGE, {})
    assert error == "the channel's URL is incomplete or of a kind that apprise does not know"
