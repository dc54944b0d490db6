import json

import pytest

from dataflow_health.api.key_set import (
    KEPT_S,
    OLD_AFTER_S,
    TRIED_EVERY_S,
    KeySet,
    KeysUnavailable,
    parse,
    reader,
)
from dataflow_health_tests.api.token_factory import key_set, public_entry


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
        assert provider.keys.find("first").key_id == "first"
    assert provider.reads == 1
    provider.now_s = OLD_AFTER_S
    provider.document = key_set("second")
    assert provider.keys.find("first") is None


def test_a_new_key_is_read_when_a_token_names_it_but_not_for_every_unknown_one(provider):
    assert provider.keys.find("second") is None
    provider.document = key_set("first", "second")
    provider.now_s = TRIED_EVERY_S - 1
    assert [provider.keys.find(f"no {number}") for number in range(9)] == [None] * 9
    assert provider.reads == 1
    provider.now_s = TRIED_EVERY_S
    assert provider.keys.find("second").key_id == "second"


def test_keys_are_kept_for_a_day_while_the_provider_is_away(provider):
    provider.keys.find("first")
    provider.document, provider.now_s = b"", KEPT_S
    assert provider.keys.find("first") is not None
    provider.now_s += TRIED_EVERY_S
    with pytest.raises(KeysUnavailable):
        provider.keys.find("first")
    reads = provider.reads
    with pytest.raises(KeysUnavailable):
        provider.keys.find("first")
    assert provider.reads == reads


def test_a_token_without_a_key_id_is_signed_by_the_only_key():
    assert KeySet(key_set).find("") is not None
    assert KeySet(lambda: key_set("first", "second")).find("") is None


def test_only_public_keys_for_signatures_are_taken():
    entries = [
        public_entry(),
        public_entry("second", use="enc"),
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": "EC", "kid": "broken"},
        {"kty": "unheard", "kid": "new"},
    ]
    assert list(parse(json.dumps({"keys": entries}).encode())) == ["first"]


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
