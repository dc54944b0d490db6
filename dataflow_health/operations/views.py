"""Saved views of the board: read from the configuration folders, saved into the operator's own."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health.config import (
    BUILTIN_FOLDER,
    catalogue,
    cross_references,
    process_config,
    view_file,
    yaml_document,
    yaml_files,
)
from dataflow_health.config.yaml_document import YamlDocument
from dataflow_health.errors import ConfigError, ConfigIssue, NotAllowed, NotFound
from dataflow_health.health.saved_view import SavedView
from dataflow_health.schemas import SavedViewDetail, SavedViewEntry, SavedViewResult
from dataflow_health.settings import Settings
from dataflow_health.storage.files.replaced_file import replace_file
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql.database import writing

FOLDER = "views"
MAX_BYTES = 64_000
"""Size of the file of a view."""
MAX_NAME = 64

Record = Callable[[str, str], AbstractContextManager[None]]
"""Saves an action on a view, by name, in the audit log, if what follows succeeds."""


def recorder(engine: Engine, operator: Operator, now: datetime) -> Record:
    """Records in the ledger's audit log, in a transaction that ends after the action.

    Args:
        engine: Database of the ledger.
        operator: Who acts.
        now: Time of the action, UTC.
    """

    @contextmanager
    def record(action: str, name: str) -> Iterator[None]:
        with writing(engine) as connection:
            audit_log.append(connection, operator, action, [f"view {name}"], "", now)
            yield

    return record


class SavedViews:
    """Views of one installation."""

    def __init__(self, settings: Settings) -> None:
        """Reads nothing yet; each call reads the files as they are then."""
        self._own = settings.config
        self._folders = (BUILTIN_FOLDER, *settings.config_folders)

    def entries(self) -> tuple[SavedViewEntry, ...]:
        """All views by name, also those whose file is invalid.

        Raises:
            ConfigError: A folder cannot be listed.
        """
        return tuple(self._entry(name, path) for name, path in sorted(self._files().items()))

    def get(self, name: str) -> SavedViewDetail:
        """One view.

        Raises:
            NotFound: There is none of this name.
            ConfigError: Its file is invalid.
        """
        path = self._path(name)
        raw = yaml_files.read(path, _shown(name))
        view = self._validated(name, raw)
        return SavedViewDetail(
            name=name, view=view, version=_version(raw), is_own=self._is_own(path)
        )

    def file(self, name: str) -> bytes:
        """The file of a view, byte for byte.

        Raises:
            NotFound: There is none of this name.
            ConfigError: The file cannot be read.
        """
        return yaml_files.read(self._path(name), _shown(name))

    def save(self, name: str, view: SavedView, version: str, record: "Record") -> SavedViewResult:
        """Saves a view; of a file that is there, lines and comments of unchanged keys stay.

        Args:
            name: Its name.
            view: The view.
            version: Version of the file that was edited; empty for a new one.
            record: Saves what is done.

        Raises:
            NotAllowed: The file changed since, or there is no folder that can be written to.
            ConfigError: The view names a process that does not exist.
        """
        _require_name(name)
        before = self._before(name, version)
        text, lost = (
            view_file.change(before.decode(), view) if before else (view_file.write(view), 0)
        )
        self._validated(name, text.encode())
        return self._write(name, text.encode(), lost, record)

    def import_file(
        self, name: str, raw: bytes, version: str | None, record: "Record"
    ) -> SavedViewResult:
        """Saves the file of a view as it is.

        Args:
            name: Its name.
            raw: Content of the file.
            version: Version of the file that it replaces; None replaces any.
            record: Saves what is done.

        Raises:
            NotAllowed: The file is too large, there is another one of this name, or there is no
                folder that can be written to.
            ConfigError: The file is invalid; lists all mistakes.
        """
        _require_name(name)
        if len(raw) > MAX_BYTES:
            raise NotAllowed(f"the file of a view has at most {MAX_BYTES:,} bytes")
        if version is not None:
            self._before(name, version)
        self._validated(name, raw)
        return self._write(name, raw, 0, record)

    def delete(self, name: str, record: "Record") -> None:
        """Deletes a view.

        Raises:
            NotFound: There is none of this name.
            NotAllowed: It came with the program, or its folder cannot be written to.
        """
        path = self._path(name)
        if not self._is_own(path):
            raise NotAllowed(f"view {name} came with the program; only own ones can be deleted")
        with record("view_delete", name):
            _require_written(path.unlink)

    def _files(self) -> Mapping[str, Path]:
        """Files by name; a later folder replaces an earlier one."""
        return {
            path.stem: path
            for folder in self._folders
            if (folder / FOLDER).is_dir()
            for path in yaml_files.find(folder / FOLDER)
            if path.parent == folder / FOLDER and path.suffix == ".yaml"
        }

    def _path(self, name: str) -> Path:
        files = self._files()
        if name not in files:
            known = ", ".join(sorted(files)[:10]) or "none yet"
            raise NotFound(f"no view is named {name!r}; known: {known}")
        return files[name]

    def _is_own(self, path: Path) -> bool:
        return self._own is not None and path.parent == self._own / FOLDER

    def _entry(self, name: str, path: Path) -> SavedViewEntry:
        describes, problem = "", ""
        try:
            describes = self._validated(name, yaml_files.read(path, _shown(name))).describes
        except ConfigError as error:
            problem = str(error)
        own = self._is_own(path)
        return SavedViewEntry(name=name, describes=describes, is_own=own, problem=problem)

    def _validated(self, name: str, raw: bytes) -> SavedView:
        """The view of a file.

        Raises:
            ConfigError: The file is invalid; lists all mistakes.
        """
        document = yaml_document.read(_shown(name), raw)
        model, issues = catalogue.validate(FOLDER, document)
        issues = [*issues, *self._reference_issues(model, document)]
        if issues or not isinstance(model, SavedView):
            raise ConfigError(tuple(issues))
        return model

    def _reference_issues(self, model: object, document: YamlDocument) -> Iterator[ConfigIssue]:
        if not isinstance(model, SavedView) or not model.processes:
            return
        with suppress(ConfigError):  # mistakes in other files are theirs, and shown elsewhere
            known = process_config.load(*self._folders).processes
            yield from cross_references.view_issues(model, document, known)

    def _before(self, name: str, version: str) -> bytes:
        """The file that a save replaces, which must be the one that was edited; empty for none."""
        files = self._files()
        raw = yaml_files.read(files[name], _shown(name)) if name in files else b""
        found = _version(raw) if name in files else ""
        if version != found:
            reason = "was changed meanwhile; read it again" if version else "exists already"
            raise NotAllowed(f"{_shown(name)} {reason if found else 'was deleted meanwhile'}")
        return raw

    def _write(self, name: str, raw: bytes, lost: int, record: "Record") -> SavedViewResult:
        if self._own is None:
            raise NotAllowed(
                "there is no configuration folder to save into; set DATAFLOW_HEALTH_CONFIG to one "
                "and start again"
            )
        folder = self._own / FOLDER
        with record("view_save", name):
            _require_written(lambda: replace_file(folder / f"{name}.yaml", raw))
        return SavedViewResult(
            name=name, file=_shown(name), version=_version(raw), comments_lost=lost
        )


def _shown(name: str) -> str:
    return f"{FOLDER}/{name}.yaml"


def _require_name(name: str) -> None:
    """Refuses a name of which no path may be made.

    Raises:
        NotAllowed: It is no name of a view.
    """
    if not catalogue.NAME.fullmatch(name) or len(name) > MAX_NAME:
        allowed = f"at most {MAX_NAME} lowercase letters, digits and underscores"
        raise NotAllowed(f"{name!r} is no name of a view: {allowed}")


def _require_written(action: Callable[[], None]) -> None:
    """Runs an action on the file system.

    Raises:
        NotAllowed: It fails, as in a folder that is mounted for reading only.
    """
    try:
        action()
    except OSError as error:
        raise NotAllowed(f"{error.filename} cannot be written: {error.strerror}") from error


def _version(raw: bytes) -> str:
    """Hash (16 hex digits) of a file, by which a change by another person is noticed."""
    return hashlib.sha256(raw).hexdigest()[:16]
