import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message as Mail
from pathlib import Path

import pytest

from dataflow_health.alerting import alert, outgoing
from dataflow_health.alerting.message_format import Line, Message, render
from dataflow_health.alerting.outgoing import Outgoing
from dataflow_health.settings import Settings
from dataflow_health_tests import factories
from dataflow_health_tests.alerting.alert_servers import mail_server, web_server
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.storage.ledger.factories import recordings

PACKAGE = Path(outgoing.__file__).parents[1]
GOLDEN = Path(__file__).parents[1] / "golden" / "messages"
KEY = "a key of sixteen"
TAIL = "HB-ZAA"


@pytest.fixture
def chosen(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a ledger with one aircraft."""
    chosen = Settings.model_validate({"home": tmp_path, "pseudonym_key": KEY})
    engine = open_ledger(chosen.database_url.get_secret_value())
    recordings(engine, 1)
    yield chosen
    engine.dispose()


def door(chosen: Settings) -> Outgoing:
    return Outgoing(chosen, factories.catalogue().recorders, {})


def message(*values: str) -> Message:
    lines = [Line("Aircraft", TAIL), *(Line("", each) for each in values)]
    return render(f"[FAILED] parse: no_sync on {TAIL}", [*lines, Line("Then", TAIL, "command")])


def pseudonym(chosen: Settings, tail: str = TAIL) -> str:
    assert chosen.pseudonyms is not None
    return chosen.pseudonyms.of(tail)


def parts(mail: Mail) -> Iterator[str]:
    yield str(mail["Subject"])
    for part in mail.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content.decode()


def test_mail_and_web_hooks_show_pseudonyms_in_title_text_and_html(chosen: Settings) -> None:
    with mail_server() as (url, box):
        assert door(chosen).send(url, message()) == ""
    with web_server() as server:
        assert door(chosen).send(server.url, message()) == ""
    (mail,), (body,) = box.got, server.got
    texts = [*parts(mail), body["title"], body["message"]]
    assert len(texts) == 5
    for text in texts:
        assert pseudonym(chosen) in text
        assert TAIL not in text


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_no_kind_of_message_shows_a_tail(chosen: Settings, path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("HB-ZAC", TAIL)
    with web_server() as server:
        assert door(chosen).send(server.url, Message(text[:80], text, text)) == ""
    (body,) = server.got
    assert not re.search("zaa", body["title"] + body["message"], re.IGNORECASE)


def test_an_aircraft_that_only_a_file_name_shows_is_replaced_too(chosen: Settings) -> None:
    with web_server() as server:
        name = "HB-NEW_20261120T090000Z.zip"
        assert door(chosen).send(server.url, message(f"extract: {name}: no_zip")) == ""
    (body,) = server.got
    assert "HB-NEW" not in body["message"]
    assert f"{pseudonym(chosen, 'HB-NEW')}_20261120T090000Z.zip" in body["message"]


def test_without_the_ledger_the_aircraft_known_before_are_replaced(
    chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_server() as server:
        door(chosen).send(server.url, message())
        path = chosen.home / "ledger.sqlite"
        path.unlink()
        path.mkdir()
        outgoing._connect.cache_clear()
        assert door(chosen).send(server.url, message()) == ""
    assert [TAIL in body["message"] for body in server.got] == [False, False]


def test_without_a_key_messages_show_tails(tmp_path: Path) -> None:
    with web_server() as server:
        assert door(Settings(home=tmp_path)).send(server.url, message()) == ""
    assert TAIL in server.got[0]["message"]


def test_no_other_module_sends_by_apprise() -> None:
    senders = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "apprise_channel" in path.read_text(encoding="utf-8")
    ]
    assert senders == ["alerting/outgoing.py"]


def test_an_alert_shows_pseudonyms_in_labels_and_annotations(chosen: Settings) -> None:
    made = alert.of_notice("torque", "alert", {"summary": f"on {TAIL}"}, NOON, aircraft=TAIL)
    with web_server() as server:
        url = server.url.replace("json://", "alertmanager://")
        assert door(chosen).send(url, replace(message(), alerts=(made,))) == ""
    ((sent,),) = server.got
    assert sent["labels"]["aircraft"] == pseudonym(chosen)
    assert sent["annotations"]["summary"] == f"on {pseudonym(chosen)}"
