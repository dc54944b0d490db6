import os
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

import pytest

from dataflow_health.errors import NotAllowed
from dataflow_health.operations.sign_in import FOLDER, SESSION_LASTS, TOKEN_LASTS, SignInStore
from dataflow_health_tests.factories import NOON

A_SECOND = timedelta(seconds=1)


def test_a_token_signs_in_once(tmp_path: Path) -> None:
    store = SignInStore(tmp_path)
    token = store.issue_token(NOON)
    session = store.redeem(token, NOON)
    assert store.redeem(token, NOON) == ""
    assert SignInStore(tmp_path).is_signed_in(session, NOON)
    assert not store.is_signed_in(token, NOON)


def test_tokens_and_sessions_end(tmp_path: Path) -> None:
    store = SignInStore(tmp_path)
    assert store.redeem(store.issue_token(NOON), NOON + TOKEN_LASTS) == ""
    session = store.redeem(store.issue_token(NOON), NOON)
    assert store.is_signed_in(session, NOON + SESSION_LASTS - A_SECOND)
    assert not store.is_signed_in(session, NOON + SESSION_LASTS)


def test_what_is_not_a_token_signs_nobody_in(tmp_path: Path) -> None:
    store = SignInStore(tmp_path)
    for text in ("", "../../etc/passwd", "x" * 100_000, "\0"):
        assert store.redeem(text, NOON) == ""
        assert not store.is_signed_in(text, NOON)


def test_no_file_holds_a_secret_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    store = SignInStore(tmp_path)
    store.redeem(store.issue_token(NOON), NOON)
    token = store.issue_token(NOON)
    assert token not in str(list(tmp_path.rglob("*")))
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(paths) == 2
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    assert (tmp_path / "sign_in").stat().st_mode & 0o777 == 0o700
    assert not any(token in path.name + path.read_text() for path in paths)


def test_what_is_out_of_date_is_removed(tmp_path: Path) -> None:
    store = SignInStore(tmp_path)
    store.redeem(store.issue_token(NOON), NOON)
    store.issue_token(NOON)
    store.issue_token(NOON + SESSION_LASTS)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_the_url_stays_when_all_browsers_are_signed_out(tmp_path: Path) -> None:
    store, user = SignInStore(tmp_path), os.geteuid()
    store.note_url("http://127.0.0.1:3917")
    store.issue_token(NOON)
    rmtree(tmp_path / FOLDER)
    assert store.url(user) == "http://127.0.0.1:3917"
    with pytest.raises(NotAllowed, match=rf"runs as the user with id {user}: run 'sudo -u"):
        store.url(user + 1)


def test_a_folder_that_cannot_be_used_signs_nobody_in_and_is_no_error(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("no folder")
    assert SignInStore(tmp_path).redeem("token", NOON) == ""
