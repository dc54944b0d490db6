"""An identity provider for tests: a key pair, its public key set, and tokens that it signs."""

import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dataflow_health.settings import Settings, TokenSettings

ISSUER, AUDIENCE = "https://login.example.org", "dataflow-health"


@cache
def private_key(key_id: str = "first") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_entry(key_id: str = "first", **more: str) -> dict[str, Any]:
    public = jwt.algorithms.ECAlgorithm.to_jwk(private_key(key_id).public_key(), as_dict=True)
    return {**public, "kid": key_id, "use": "sig", "alg": "ES256", **more}


def public_pem() -> bytes:
    return (
        private_key()
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def key_set(*key_ids: str) -> bytes:
    return json.dumps({"keys": [public_entry(each) for each in key_ids or ("first",)]}).encode()


def claims(**more: object) -> dict[str, object]:
    """Claims of a valid token; one that is None is left out."""
    all_claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": time.time() + 300,
        "preferred_username": "Anna Müller",
        "roles": ["read"],
        **more,
    }
    return {name: value for name, value in all_claims.items() if value is not None}


def token(key_id: str = "first", **more: object) -> str:
    return jwt.encode(claims(**more), private_key(key_id), "ES256", headers={"kid": key_id})


def settings(folder: Path, **more: object) -> Settings:
    """Settings that accept these tokens, with the key set in a file."""
    path = folder / "keys.json"
    path.write_bytes(key_set())
    given = {"token_issuer": ISSUER, "token_audience": AUDIENCE, "token_keys": str(path)}
    return Settings.model_validate({"home": folder, **given, **more})


def token_settings(**more: object) -> TokenSettings:
    found = Settings.model_validate(
        {"token_issuer": ISSUER, "token_audience": AUDIENCE, "token_keys": "keys.json", **more}
    ).tokens
    assert found is not None
    return found
