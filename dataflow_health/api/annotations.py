"""Annotations of recordings, findings, processes and incidents: list, add, edit, delete."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from dataflow_health.api.auth import OperateAccess, ReadAccess
from dataflow_health.api.dependencies import (
    LARGEST_ID,
    BeforeId,
    FilterText,
    PageSize,
    ProcessName,
    get_dependencies,
    get_monitor,
)
from dataflow_health.api.envelope import ACTION_ERRORS, LEDGER_ERRORS, Envelope
from dataflow_health.api.incidents import IncidentId
from dataflow_health.api.recordings import RecordingId, SecondOfRecording
from dataflow_health.api.request_models import RequestModel
from dataflow_health.clock import utc_now
from dataflow_health.operations import annotations
from dataflow_health.operations.annotations import MAX_CHARACTERS
from dataflow_health.schemas import Annotation
from dataflow_health.storage.records.annotations import AnnotationFilter

router = APIRouter(tags=["annotations"])

AnnotationId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Id of an annotation.")]
PlainText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_CHARACTERS,
        pattern=r"^[^\x00]*[^\s\x00][^\x00]*$",
        description="Plain text.",
    ),
]


class AnnotationQuery(BaseModel):
    """Query of the list. An empty filter selects all annotations."""

    recording: Annotated[str, Query(pattern=r"^([0-9a-f]{64})?$")] = ""
    tail: FilterText = ""
    algorithm: FilterText = ""
    process: FilterText = ""
    incident: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None
    before: BeforeId = None
    limit: PageSize = 100


class AnnotationText(RequestModel):
    """Text of an annotation."""

    text: PlainText


class RecordingAnnotation(AnnotationText):
    """Annotation of a recording, of a second or range of it, or of a finding."""

    start_s: SecondOfRecording = None
    end_s: SecondOfRecording = None
    algorithm: Annotated[
        str,
        Field(
            max_length=128,
            pattern=r"^[^\x00]*$",
            description="Algorithm of the finding that begins at `start_s`; empty for none.",
        ),
    ] = ""


@router.get("/annotations", responses=LEDGER_ERRORS)
def list_annotations(
    request: Request, _caller: ReadAccess, query: Annotated[AnnotationQuery, Query()]
) -> Envelope[tuple[Annotation, ...]]:
    """Annotations, newest first."""
    given = query.model_dump(exclude={"before"})
    chosen = AnnotationFilter(**given, before_id=query.before)
    return Envelope(data=annotations.find(get_monitor(request).engine, chosen))


@router.post("/recordings/{recording}/annotations", responses=ACTION_ERRORS)
def annotate_recording(
    request: Request, operator: OperateAccess, recording: RecordingId, body: RecordingAnnotation
) -> Envelope[Annotation]:
    """Write about a recording, a second or range of it, or a finding in it."""
    engine, place = get_monitor(request).engine, body.model_dump(exclude={"text"})
    subject = annotations.on_recording(engine, recording, **place)
    return Envelope(data=annotations.add(engine, subject, operator, text=body.text, at=utc_now()))


@router.post("/processes/{process}/annotations", responses=ACTION_ERRORS)
def annotate_process(
    request: Request, operator: OperateAccess, process: ProcessName, body: AnnotationText
) -> Envelope[Annotation]:
    """Write about a process."""
    subject = annotations.on_process(process, get_dependencies(request).catalogue.processes)
    engine = get_monitor(request).engine
    return Envelope(data=annotations.add(engine, subject, operator, text=body.text, at=utc_now()))


@router.post("/incidents/{incident}/annotations", responses=ACTION_ERRORS)
def annotate_incident(
    request: Request, operator: OperateAccess, incident: IncidentId, body: AnnotationText
) -> Envelope[Annotation]:
    """Write about an incident."""
    engine = get_monitor(request).engine
    subject = annotations.on_incident(engine, incident)
    return Envelope(data=annotations.add(engine, subject, operator, text=body.text, at=utc_now()))


@router.post("/annotations/{annotation}/edit", responses=ACTION_ERRORS)
def edit_annotation(
    request: Request, operator: OperateAccess, annotation: AnnotationId, body: AnnotationText
) -> Envelope[Annotation]:
    """Change the text of an annotation, as its author."""
    engine = get_monitor(request).engine
    changed = annotations.edit(engine, annotation, operator, text=body.text, at=utc_now())
    return Envelope(data=changed)


@router.post("/annotations/{annotation}/delete", responses=ACTION_ERRORS)
def delete_annotation(
    request: Request, operator: OperateAccess, annotation: AnnotationId
) -> Envelope[Annotation]:
    """Delete an annotation; the audit log keeps its text."""
    removed = annotations.delete(get_monitor(request).engine, annotation, operator, at=utc_now())
    return Envelope(data=removed)
