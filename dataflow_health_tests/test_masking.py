import string
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dataflow_health import masking

ENVIRONMENT = {"DB": "postgresql://u:p%40ssw0rd@h/x", "API_TOKEN": "abc123def", "PATH": "/usr/bin"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sftp://user:s3cret@host/folder", "sftp://user:***@host/folder"),
        ("sftp://user:p@ss@host/folder", "sftp://user:***@host/folder"),
        ("sftp://me@example.com:s3cret@host/x", "sftp://me@example.com:***@host/x"),
        ("sftp://user:pa/ss?word#1@host/x", "sftp://user:***@host/x"),
        ("redis://:s3cret@host", "redis://:***@host"),
        ("s3://key:secret@bucket/folder", "s3://key:***@bucket/folder"),
        ("SFTP://USER:S3CRET@HOST", "SFTP://USER:***@HOST"),
        ("https://ghp_token@host/x", "https://***@host/x"),
        ("https://host/?password=s3cret", "https://host/?password=***"),
        ("https://host/?a=1&TOKEN=s3&cret&b=2", "https://host/?a=1&TOKEN=***&b=2"),
        ("https://host/?p%61ssword=s3cret&b=2", "https://host/?p%61ssword=***&b=2"),
        ("https://host/#access_token=s3cret", "https://host/#access_token=***"),
        ("https://host/?X-Amz-Signature=s3cret", "https://host/?X-Amz-Signature=***"),
        ("https://host/?key=s3cret&sig=s3cret", "https://host/?key=***&sig=***"),
        ("postgresql://h/x?user=u&sslpassword=s3", "postgresql://h/x?user=u&sslpassword=***"),
        (
            "https://host/?next=sftp%3A%2F%2Fu%3As3cret%40h%2Fx",
            "https://host/?next=sftp%3A%2F%2Fu%3A***%40h%2Fx",
        ),
        ("https://h/?next=%2Fx%3Ftoken%3Ds3cret", "https://h/?next=%2Fx%3Ftoken%3D***"),
        ("sftp://user@host/folder", "sftp://user@host/folder"),
        ("http://localhost:3000/runs?day=2026-11-20", "http://localhost:3000/runs?day=2026-11-20"),
        ("/srv/landing", "/srv/landing"),
    ],
)
def test_a_secret_in_a_url_is_masked_in_every_form(text: str, shown: str) -> None:
    assert masking.mask_url(text) == shown
    assert masking.mask(f"cannot read {text} now") == f"cannot read {shown} now"


def test_the_password_of_a_url_may_hold_blanks() -> None:
    assert masking.mask_url("sftp://user:my pass@host") == "sftp://user:***@host"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("api_key=abcd, password=hunter2", "api_key=*** password=***"),
        ("password='a b' host=h", "password=*** host=h"),
        ('{"password": "a b", "x": 1}', '{"password": "***", "x": 1}'),
        ("user p@ssw0rd refused, p%40ssw0rd too", "user *** refused, *** too"),
        ("Authorization: Bearer xyz.abc", "Authorization: Bearer ***"),
        ("nothing here in /usr/bin", "nothing here in /usr/bin"),
        (
            "recorder HUMS-2, sync 1,023 of 1,024 (a=b)",
            "recorder HUMS-2, sync 1,023 of 1,024 (a=b)",
        ),
    ],
)
def test_a_secret_in_a_message_is_masked(text: str, shown: str) -> None:
    assert masking.mask(text, ENVIRONMENT) == shown


MARK = "Zq7"
"""Surrounds each planted secret, so that none occurs in the text by chance."""
SECRETS = st.text(
    st.characters(min_codepoint=33, exclude_categories=["Cs", "Z", "Cc"]), min_size=1, max_size=30
).map(lambda text: f"{MARK}{text}{MARK}")
NAMES = st.sampled_from(
    ["password", "PASSWORD", "token", "access_token", "Secret", "api_key", "X-Amz-Signature", "sig"]
)
SCHEMES = st.sampled_from(["sftp", "S3", "postgresql+psycopg", "https", "smtp", "nosuch"])
PLACES = st.sampled_from(["host", "host:22/folder", "[::1]/x?y=1#z", "h/a?b=c&d=e"])
FILLERS = st.text(string.ascii_letters + " .,;()'\"\n", max_size=20)


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, str]:
    """A URL with a secret in one place, sometimes percent-encoded, and the secret as it stands."""
    scheme, place, secret = draw(SCHEMES), draw(PLACES), draw(SECRETS)
    if draw(st.booleans()):
        secret = quote(secret, safe="")
    if draw(st.booleans()):
        url = f"{scheme}://{draw(st.sampled_from(['user', 'me@corp', '']))}:{secret}@{place}"
    else:
        assume("=" not in secret or not {"&", ";"} & set(secret))  # reads as another parameter
        rest = draw(st.sampled_from(["", "&x=1"]))
        url = f"{scheme}://host/x?a=1&{draw(NAMES)}={secret}{rest}"
    for _ in range(draw(st.integers(0, 2))):
        url, secret = quote(url, safe=""), quote(secret, safe="")
    return url, secret


@given(planted(), FILLERS, FILLERS)
@example(("https://u:a@b:c/d@h", "a@b:c/d"), "", "")
def test_no_planted_secret_survives(case: tuple[str, str], before: str, after: str) -> None:
    url, secret = case
    assert MARK not in masking.mask_url(url)
    assert MARK not in masking.mask(f"{before} {url}{after}")
    assert secret not in masking.mask(f"{before} {url} {after}")


@given(planted() | st.text().map(lambda text: (text, "")), FILLERS)
def test_masking_twice_changes_nothing(case: tuple[str, str], filler: str) -> None:
    once = masking.mask_url(case[0])
    assert masking.mask_url(once) == once
    once = masking.mask(filler + case[0] + filler)
    assert masking.mask(once) == once


PIECES = st.sampled_from(
    ["://", "@", ":", "=", "&", "?", "password", "'", '"', "%3A%2F%2F", "%40", "%3D", "a", " ",
     "***", "Bearer ", "https", "token", "\\"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
def test_masking_twice_changes_nothing_in_texts_made_of_separators(text: str) -> None:
    once = masking.mask(text)
    assert masking.mask(once) == once
    once = masking.mask_url(text)
    assert masking.mask_url(once) == once


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["a://b:", "password=", "a", "%3A%2F%2F", "'password': '", "&", "@"]
)
def test_a_long_hostile_text_is_masked_in_linear_time(piece: str) -> None:
    masking.mask(piece * (65_000 // len(piece)))


def test_the_working_folder_of_a_shell_is_no_secret() -> None:
    shell = {"PWD": "/srv/station", "OLDPWD": "/srv/before", "DB_PWD": "hunter22"}
    text = "no folder /srv/station/landing, /srv/before, hunter22"
    assert masking.mask(text, shell) == "no folder /srv/station/landing, /srv/before, ***"
