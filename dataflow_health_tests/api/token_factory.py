"""An identity provider for tests: a key pair, its public key set, and tokens that it signs."""

import json
import time
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from dataflow_health.api.tokens import LEEWAY_S
from dataflow_health.settings import Settings, TokenSettings

ISSUER, AUDIENCE = "https://login.example.org", "dataflow-health"


@cache
def private_key(key_id: str = "first") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_entry(key_id: str = "first", **more: str) -> dict[str, Any]:
    public = jwt.algorithms.ECAlgorithm.to_jwk(private_key(key_id).public_key(), as_dict=True)
    return {**public, "kid": key_id, "use": "sig", "alg": "ES256", **more}


@cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def rsa_entry(number: int = 0, **more: str) -> dict[str, Any]:
    """A public RSA key as identity providers give it: it names no algorithm."""
    public = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key(number).public_key(), as_dict=True)
    return {**{name: public[name] for name in ("kty", "n", "e")}, "use": "sig", **more}


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


def token_fields(folder: Path) -> dict[str, str]:
    """Fields of settings that accept these tokens, with the key set in a file."""
    path = folder / "keys.json"
    path.write_bytes(key_set())
    return {"token_issuer": ISSUER, "token_audience": AUDIENCE, "token_keys": str(path)}


def settings(folder: Path, **more: object) -> Settings:
    """Settings that accept these tokens, with the key set in a file."""
    return Settings.model_validate({"home": folder, **token_fields(folder), **more})


def token_settings(**more: object) -> TokenSettings:
    found = Settings.model_validate(
        {"token_issuer": ISSUER, "token_audience": AUDIENCE, "token_keys": "keys.json", **more}
    ).tokens
    assert found is not None
    return found


def token_for(lasts_s: float) -> str:
    """A token that is accepted for some seconds more, the leeway included."""
    return token(exp=time.time() + lasts_s - LEEWAY_S)
