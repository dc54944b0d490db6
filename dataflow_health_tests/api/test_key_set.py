import contextlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dataflow_health.api.key_set import (
    KEPT_S,
    LARGEST_BYTES,
    MAX_WAITING,
    OLD_AFTER_S,
    RSA_ALGORITHMS,
    TRIED_EVERY_S,
    KeySet,
    KeysUnavailable,
    parse,
    reader,
)
from dataflow_health_tests.api.token_factory import key_set, public_entry, rsa_entry
from dataflow_health_tests.waiting import wait_until


class Provider:
    """A provider of keys and a clock, both set by hand."""

    def __init__(self) -> None:
        self.document, self.now_s, self.reads = key_set(), 0.0, 0
        self.keys = KeySet(self.read, lambda: self.now_s)

    def read(self) -> bytes:
        self.reads += 1
        if not self.document:
            raise KeysUnavailable("away")
        return self.document


@pytest.fixture
def provider() -> Provider:
    return Provider()


def test_keys_are_read_once_until_they_are_old(provider):
    for provider.now_s in (0.0, 1.0, OLD_AFTER_S - 1):
        assert [each.key_id for each in provider.keys.find("first")] == ["first"]
    assert provider.reads == 1
    provider.now_s = OLD_AFTER_S
    provider.document = key_set("second")
    wait_until(lambda: not provider.keys.find("first"))
    assert provider.reads == 2


def test_a_new_key_is_read_when_a_token_names_it_but_not_for_every_unknown_one(provider):
    assert provider.keys.find("second") == ()
    provider.document = key_set("first", "second")
    provider.now_s = TRIED_EVERY_S - 1
    assert [provider.keys.find(f"no {number}") for number in range(9)] == [()] * 9
    assert provider.reads == 1
    provider.now_s = TRIED_EVERY_S
    assert [each.key_id for each in provider.keys.find("second")] == ["second"]


def test_keys_are_kept_for_a_day_while_the_provider_is_away(provider):
    provider.keys.find("first")
    provider.document, provider.now_s = b"", KEPT_S
    assert provider.keys.find("first")
    wait_until(lambda: "keys of users" not in {each.name for each in threading.enumerate()})
    provider.now_s += TRIED_EVERY_S
    with pytest.raises(KeysUnavailable):
        provider.keys.find("first")
    reads = provider.reads
    with pytest.raises(KeysUnavailable):
        provider.keys.find("first")
    assert provider.reads == reads


def test_a_token_without_a_key_id_is_signed_by_the_only_key():
    assert KeySet(key_set).find("")
    assert KeySet(lambda: key_set("first", "second")).find("") == ()


def test_only_public_keys_for_signatures_are_taken():
    entries = [
        public_entry(),
        public_entry("second", use="enc"),
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "EC", "kid": "broken"},
        {"kty": "unheard", "kid": "new"},
    ]
    assert list(parse(json.dumps({"keys": entries}).encode())) == ["first"]


def test_keys_without_an_id_do_not_replace_each_other():
    entries = [rsa_entry(0, alg="RS256"), rsa_entry(1, alg="RS256"), public_entry()]
    keys = KeySet(lambda: json.dumps({"keys": entries}).encode())
    assert len(keys.find("")) == 2
    assert len(keys.find("first")) == 1


def test_an_rsa_key_without_an_algorithm_is_for_all_of_its_kind():
    (keys,) = parse(json.dumps({"keys": [rsa_entry()]}).encode()).values()
    assert [each.algorithm_name for each in keys] == list(RSA_ALGORITHMS)


class SlowProvider:
    """A provider that answers the first time, and then only when it may."""

    def __init__(self) -> None:
        self.may_answer, self.reads, self.now_s = threading.Event(), 0, 0.0

    def read(self) -> bytes:
        self.reads += 1
        if self.reads > 1:
            self.may_answer.wait()
        return key_set()


def test_a_slow_provider_holds_up_no_request_whose_key_is_known():
    provider = SlowProvider()
    keys = KeySet(provider.read, lambda: provider.now_s)
    assert keys.find("first")
    provider.now_s = OLD_AFTER_S
    with ThreadPoolExecutor(MAX_WAITING + 2) as pool:
        unknown = [pool.submit(keys.find, "unknown") for _ in range(MAX_WAITING + 2)]
        wait_until(lambda: provider.reads == 2)
        assert keys.find("first")
        wait_until(lambda: sum(each.done() for each in unknown) == 2)
        provider.may_answer.set()
        assert [each.result() for each in unknown] == [()] * (MAX_WAITING + 2)
    assert provider.reads == 2


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"keys": 7}', b'{"keys": [7]}', b'{"keys": []}', b"\xff"]
)
def test_another_document_is_an_error(document):
    with pytest.raises(KeysUnavailable):
        parse(document)


def test_keys_are_read_from_a_file(tmp_path):
    (tmp_path / "keys.json").write_bytes(key_set())
    assert reader(str(tmp_path / "keys.json"))() == key_set()
    with pytest.raises(KeysUnavailable, match="No such file"):
        reader(str(tmp_path / "none.json"))()


def test_keys_that_no_server_gives_are_an_error():
    with pytest.raises(KeysUnavailable, match=r"http://127\.0\.0\.1:1"):
        reader("http://127.0.0.1:1/keys")()


class _Endless(BaseHTTPRequestHandler):
    """Sends blanks as long as a client reads them."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(100):
                self.wfile.write(b" " * (LARGEST_BYTES // 10))

    def log_message(self, *_words: object) -> None:
        """Is silent."""


@pytest.fixture
def endless() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Endless) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/keys"
        server.shutdown()
        thread.join()


def test_a_document_without_an_end_is_left(endless):
    with pytest.raises(KeysUnavailable, match="more than 1048576 bytes"):
        reader(endless)()
