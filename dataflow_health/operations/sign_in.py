"""Sign-in to the Dagster UI: one-time tokens that become sessions, kept as files in the home."""

import hashlib
import os
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from loguru import logger

from dataflow_health.errors import NotAllowed

TOKEN_LASTS = timedelta(days=1)
"""Time in which a link to sign in must be opened."""

SESSION_LASTS = timedelta(days=30)

FOLDER = "sign_in"
"""Folder in the home; to end all sessions, remove it."""

URL_FILE = "ui_url"
"""File in the home with the URL of the UI; its owner is the user that the UI runs as."""

_SECRET_BYTES = 32


class SignInStore:
    """Tokens and sessions. A file is named by a secret's digest and holds the end of its validity.

    The secrets themselves are not stored, so what the folder shows is no way in.
    """

    def __init__(self, home: Path) -> None:
        """Opens the store, which need not exist.

        Args:
            home: Folder of the installation.
        """
        self._tokens = home / FOLDER / "tokens"
        self._sessions = home / FOLDER / "sessions"
        self._home = home
        self._url = home / URL_FILE

    def note_url(self, url: str) -> None:
        """Keeps the URL by which the UI that runs now is reached."""
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._url.unlink(missing_ok=True)  # one of another user would keep its owner
        self._url.write_text(url)

    def url(self, user: int) -> str:
        """URL of the UI that was started last in the home.

        Args:
            user: Id of the user that is to make a token, which only that user can read.

        Raises:
            NotAllowed: No UI has run in the home, or it runs as another user.
        """
        try:
            url, owner = self._url.read_text(), self._url.stat().st_uid
        except OSError:
            raise NotAllowed(
                f"no Dagster UI has run in the home {self._home}, as this user sees it: start it,"
                " or name its home with --home or DATAFLOW_HEALTH_HOME"
            ) from None
        if owner != user:
            raise NotAllowed(
                f"the Dagster UI of the home {self._home} runs as the user with id {owner}: run"
                f" 'sudo -u \\#{owner} dataflow-health sign-in --home {self._home}'"
            )
        return url

    def issue_token(self, at: datetime) -> str:
        """A new one-time token; what is out of date is removed."""
        for folder in (self._tokens, self._sessions):
            _remove_ended(folder, at)
        return _create(self._tokens, at + TOKEN_LASTS)

    def redeem(self, token: str, at: datetime) -> str:
        """A new session for a token, which is used up; empty when the token is not valid."""
        path = _path_of(self._tokens, token)
        ends_at = _end_of(path)
        try:
            path.unlink()
            is_valid = ends_at is not None and at < ends_at
            return _create(self._sessions, at + SESSION_LASTS) if is_valid else ""
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                logger.error("no browser can sign in: {}", error)
            return ""

    def is_signed_in(self, session: str, at: datetime) -> bool:
        """Whether a session is valid."""
        ends_at = _end_of(_path_of(self._sessions, session))
        return ends_at is not None and at < ends_at


def _create(folder: Path, ends_at: datetime) -> str:
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    path = _path_of(folder, secret)
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(ends_at.isoformat())
    part.rename(path)
    return secret


def _path_of(folder: Path, secret: str) -> Path:
    return folder / hashlib.sha256(secret.encode()).hexdigest()


def _end_of(path: Path) -> datetime | None:
    with suppress(OSError, ValueError):
        return datetime.fromisoformat(path.read_text())
    return None


def _remove_ended(folder: Path, at: datetime) -> None:
    for path in folder.glob("*"):
        ends_at = _end_of(path)
        if ends_at is None or ends_at <= at:
            path.unlink(missing_ok=True)
