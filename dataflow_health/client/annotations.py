"""What the client reads and writes of annotations. Writing needs a key that may operate."""

from dataflow_health.client.connection import Connection, segment
from dataflow_health.schemas import Annotation


class Annotations(Connection):
    """Annotations of recordings, findings, processes and incidents; the key is their author."""

    def annotations(self, **query: str | int | None) -> tuple[Annotation, ...]:
        """Annotations, newest first; keywords are the query parameters of ``/annotations``."""
        return self._get_model(tuple[Annotation, ...], "/annotations", query)

    def annotate_recording(
        self,
        recording: str,
        text: str,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        algorithm: str = "",
    ) -> Annotation:
        """Writes about a recording, a second or range of it, or a finding in it.

        Args:
            recording: Id of the recording, or a unique prefix of it.
            text: Plain text.
            start_s: Second of the recording; None for the whole recording.
            end_s: Last second of a range.
            algorithm: Algorithm of the finding that begins at ``start_s``.

        Raises:
            NotFound: There is no such recording or finding.
        """
        place = {"start_s": start_s, "end_s": end_s, "algorithm": algorithm}
        path = f"/recordings/{segment(recording)}/annotations"
        return self._post(Annotation, path, {"text": text, **place})

    def annotate_process(self, process: str, text: str) -> Annotation:
        """Writes about a process.

        Raises:
            NotFound: There is no such process.
        """
        path = f"/processes/{segment(process)}/annotations"
        return self._post(Annotation, path, {"text": text})

    def annotate_incident(self, incident: int, text: str) -> Annotation:
        """Writes about an incident.

        Raises:
            NotFound: There is no such incident.
        """
        return self._post(Annotation, f"/incidents/{incident}/annotations", {"text": text})

    def edit_annotation(self, number: int, text: str) -> Annotation:
        """Changes the text of an annotation.

        Raises:
            NotFound: There is no such annotation.
            ApiError: The key is not its author.
        """
        return self._post(Annotation, f"/annotations/{number}/edit", {"text": text})

    def delete_annotation(self, number: int) -> Annotation:
        """Deletes an annotation; returns it as it was.

        Raises:
            NotFound: There is no such annotation.
        """
        return self._post(Annotation, f"/annotations/{number}/delete", {})
