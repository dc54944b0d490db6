import base64
import hashlib
import hmac
import json
import time
from http import HTTPStatus

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.api.envelope import RequestRejected
from dataflow_health.api.key_set import KeySet
from dataflow_health.api.tokens import FAR_AWAY_S, LEEWAY_S, TokenVerifier
from dataflow_health_tests.api import token_factory
from dataflow_health_tests.api.token_factory import (
    claims,
    key_set,
    private_key,
    public_pem,
    rsa_entry,
    rsa_key,
    token,
)


def verifier(**settings: object) -> TokenVerifier:
    return TokenVerifier(token_factory.token_settings(**settings), KeySet(key_set))


def rejection(given: str, **settings: object) -> RequestRejected:
    with pytest.raises(RequestRejected) as caught:
        verifier(**settings).verify(given)
    return caught.value


@pytest.mark.parametrize(
    ("more", "scope"),
    [
        ({"roles": ["read"]}, "read"),
        ({"roles": ["other", "operate", "read"]}, "operate"),
        ({"roles": "read admin"}, "admin"),
    ],
)
def test_a_valid_token_gives_the_name_and_the_highest_role(more, scope):
    found = verifier().verify(token(**more))
    assert (found.name, found.scope, found.by, found.tails) == (
        "Anna Müller", scope, "token", ("*",),
    )  # fmt: skip


def test_the_names_of_claims_are_settings():
    found = verifier(
        token_name_claim="email",
        token_roles_claim="realm_access.roles",
        token_role_prefix="flight-",
        token_tails_claim="https://example.org/tails",
    ).verify(
        token(
            **{"email": "a@example.org", "https://example.org/tails": ["HB-Z*", "D-H*"]},
            realm_access={"roles": ["flight-operate"]},
        )
    )
    assert (found.name, found.scope, found.tails) == ("a@example.org", "operate", ("HB-Z*", "D-H*"))


@pytest.mark.parametrize("tails", [None, [], 7, ""])
def test_a_person_without_the_declared_claim_sees_no_aircraft(tails):
    found = verifier(token_tails_claim="tails").verify(token(tails=tails))
    assert found.tails == ()
    assert not found.may_see("HB-ZAA")


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"exp": time.time() - 60}, "expired"),
        ({"exp": None}, "exp"),
        ({"nbf": time.time() + 86_400}, "not yet valid"),
        ({"iss": "https://other.example.org"}, "issuer"),
        ({"iss": None}, "iss"),
        ({"aud": "another-service"}, "[Aa]udience"),
        ({"aud": None}, "aud"),
        ({"preferred_username": None}, "preferred_username has no name"),
        ({"preferred_username": "a\nb"}, "has no name"),
        ({"preferred_username": "a" * 65}, "has no name"),
        ({"preferred_username": ["a"]}, "has no name"),
    ],
)
def test_claims_that_are_missing_wrong_or_expired_are_refused(more, problem):
    rejected = rejection(token(**more))
    assert (rejected.http, rejected.code) == (HTTPStatus.UNAUTHORIZED, "invalid_token")
    assert "invalid_token" in rejected.headers["WWW-Authenticate"]
    with pytest.raises(RequestRejected, match=problem):
        raise rejected


@pytest.mark.parametrize("roles", [None, [], ["reader"], {"read": True}, [["read"]]])
def test_a_person_without_a_role_is_refused(roles):
    rejected = rejection(token(roles=roles))
    assert (rejected.http, rejected.code) == (HTTPStatus.FORBIDDEN, "insufficient_scope")


def encoded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def signed_by_hand(header: dict[str, str], secret: bytes = b"") -> str:
    text = f"{encoded(header)}.{encoded(claims())}"
    digest = hmac.digest(secret, text.encode(), hashlib.sha256) if secret else b""
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "forged",
    [
        signed_by_hand({"alg": "none", "kid": "first"}),
        signed_by_hand({"alg": "NONE", "kid": "first"}),
        signed_by_hand({"alg": "HS256", "kid": "first"}, public_pem()),
        signed_by_hand({"alg": "HS256", "kid": "first"}, key_set()),
        signed_by_hand({"alg": "RS256", "kid": "first"}),
        signed_by_hand({"kid": "first"}),
        jwt.encode(claims(), private_key("other"), "ES256", headers={"kid": "first"}),
        jwt.encode(claims(), private_key("other"), "ES256", headers={"kid": "other"}),
        "a.b.c",
        "..",
        token()[:-4] + "AAAA",
    ],
)
def test_a_forged_token_is_refused(forged):
    assert rejection(forged).code == "invalid_token"


def test_an_algorithm_that_is_not_declared_is_refused():
    assert rejection(token(), token_algorithms="RS256,EdDSA").code == "invalid_token"


RSA_SET = json.dumps({"keys": [rsa_entry(0), rsa_entry(1)]}).encode()


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS384"])
def test_keys_without_an_id_and_an_algorithm_check_declared_ones(number, algorithm):
    given = jwt.encode(claims(), rsa_key(number), algorithm)
    declared = token_factory.token_settings(token_algorithms="RS256,RS512,PS384")
    assert TokenVerifier(declared, KeySet(lambda: RSA_SET)).verify(given).name == "Anna Müller"
    other = token_factory.token_settings(token_algorithms="RS384,ES256")
    with pytest.raises(RequestRejected) as caught:
        TokenVerifier(other, KeySet(lambda: RSA_SET)).verify(given)
    assert caught.value.code == "invalid_token"


@pytest.mark.parametrize("expires_at_s", [2e9, 1e30])
def test_a_caller_is_known_until_the_token_expires(expires_at_s):
    found = verifier().verify(token(exp=int(expires_at_s))).expires_at
    assert found is not None
    assert found.timestamp() == min(int(expires_at_s), FAR_AWAY_S) + LEEWAY_S


def test_without_keys_of_the_provider_the_service_is_unavailable():
    unread = TokenVerifier(token_factory.token_settings(), KeySet(lambda: b"{}"))
    with pytest.raises(RequestRejected) as caught:
        unread.verify(token())
    assert caught.value.http == HTTPStatus.SERVICE_UNAVAILABLE


@given(st.lists(st.binary(max_size=40), min_size=3, max_size=3))
def test_no_bytes_are_more_than_a_refusal(parts):
    text = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    assert rejection(text).http == HTTPStatus.UNAUTHORIZED
