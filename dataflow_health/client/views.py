"""Saved views of the board: read, imported and deleted."""

from dataflow_health.client.connection import Connection, segment
from dataflow_health.health.saved_view import SavedView
from dataflow_health.schemas import ChangedCount, SavedViewDetail, SavedViewEntry, SavedViewResult


class Views(Connection):
    """Requests for saved views."""

    def views(self) -> tuple[SavedViewEntry, ...]:
        """All views by name, also those whose file is invalid."""
        return self._get_model(tuple[SavedViewEntry, ...], "/views")

    def view(self, name: str) -> SavedViewDetail:
        """One view, with the version of its file.

        Raises:
            NotFound: There is none of this name.
        """
        return self._get_model(SavedViewDetail, f"/views/{segment(name)}")

    def view_file(self, name: str) -> bytes:
        """The file of a view, byte for byte.

        Raises:
            NotFound: There is none of this name.
        """
        return self._get(f"/views/{segment(name)}/file").content

    def save_view(self, name: str, view: SavedView, *, version: str = "") -> SavedViewResult:
        """Saves a view as a file of the server's configuration folder.

        Args:
            name: Its name.
            view: The view.
            version: Version of the file that was edited; empty for a new one.

        Raises:
            ApiError: The file changed since, the view is invalid, or the key may not operate.
        """
        body = {"view": view.model_dump(mode="json"), "version": version}
        return self._put(SavedViewResult, f"/views/{segment(name)}", json=body)

    def import_view(self, name: str, raw: bytes, *, version: str | None = None) -> SavedViewResult:
        """Saves the file of a view as it is.

        Args:
            name: Name of the view.
            raw: Content of the file.
            version: Version of the file that it replaces; empty: none; None: any.

        Raises:
            ApiError: The file is invalid, there is one already, or the key may not operate.
        """
        query = {} if version is None else {"version": version}
        headers = {"Content-Type": "application/yaml"}
        path = f"/views/{segment(name)}/file"
        return self._put(SavedViewResult, path, content=raw, params=query, headers=headers)

    def delete_view(self, name: str) -> None:
        """Deletes a view.

        Raises:
            NotFound: There is none of this name.
            ApiError: It came with the program, or the key may not operate.
        """
        self._delete(ChangedCount, f"/views/{segment(name)}")
