"""Annotations of this machine's installation, with the methods of the client."""

from typing import Any

from sqlalchemy import Engine

from dataflow_health.operations import annotations
from dataflow_health.schemas import Annotation
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.records.annotations import AnnotationFilter, AnnotationSubject
from dataflow_health.storage.records.audit_log import Operator


class LocalAnnotations:
    """Annotations; a subclass sets what the methods need."""

    deps: Dependencies
    _engine: Engine
    _operator: Operator

    def annotations(self, **query: Any) -> tuple[Annotation, ...]:  # noqa: ANN401
        """Annotations, newest first; keywords are the fields of the filter."""
        return annotations.find(self._engine, AnnotationFilter(**query))

    def annotate_recording(
        self,
        recording: str,
        text: str,
        *,
        start_s: float | None = None,
        end_s: float | None = None,
        algorithm: str = "",
    ) -> Annotation:
        """Writes about a recording, a second or range of it, or a finding in it."""
        place = {"start_s": start_s, "end_s": end_s}
        engine = self._engine
        return self._add(
            annotations.on_recording(engine, recording, algorithm=algorithm, **place), text
        )

    def annotate_process(self, process: str, text: str) -> Annotation:
        """Writes about a process."""
        return self._add(annotations.on_process(process, self.deps.catalogue.processes), text)

    def annotate_incident(self, incident: int, text: str) -> Annotation:
        """Writes about an incident."""
        return self._add(annotations.on_incident(self._engine, incident), text)

    def edit_annotation(self, number: int, text: str) -> Annotation:
        """Changes the text of an annotation."""
        now = self.deps.clock()
        return annotations.edit(self._engine, number, self._operator, text=text, at=now)

    def delete_annotation(self, number: int) -> Annotation:
        """Deletes an annotation; returns it as it was."""
        return annotations.delete(self._engine, number, self._operator, at=self.deps.clock())

    def _add(self, subject: AnnotationSubject, text: str) -> Annotation:
        now = self.deps.clock()
        return annotations.add(self._engine, subject, self._operator, text=text, at=now)
