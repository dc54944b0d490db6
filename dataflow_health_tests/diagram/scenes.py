"""Reports of the shipped pipeline in a few situations."""

from functools import cache

from dataflow_health.health.evaluate import evaluate
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Evidence, Observation, StageCounts
from dataflow_health.health.report import CheckHealth, HealthReport, PartHealth, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health_tests.health.factories import NOON, ago, make_counts, make_observation
from dataflow_health_tests.health.test_process import shipped

ALGORITHMS = (
    "chip_detected",
    "engine_oil_pressure_low",
    "hard_landing",
    "rotor_droop",
    "torque_split",
)

HOSTILE = (
    '"]; click x alert(1) <script>window.pwned=1</script><img src=x onerror=window.pwned=1> $$x^2$$'
    " `md` %%{init:{}}%% #quot; &lt; \n end\u202e fa:fa-bomb \\n --> subgraph"
)


@cache
def pipeline() -> Pipeline:
    return Pipeline.of(shipped(), {"analyse": ALGORITHMS})


def healthy_observations() -> list[Observation | StageCounts]:
    observations: list[Observation | StageCounts] = []
    for name, process in pipeline().processes.items():
        observations += [
            make_observation(name, check.name, since_at=ago(hours=3)) for check in process.checks
        ]
        if not process.external:
            observations.append(make_counts(name, incoming=12, done=12, data_at=ago(minutes=3)))
    observations += [
        make_observation("analyse", "finding_rate_in_band", part=each, since_at=ago(hours=3))
        for each in ALGORITHMS
    ]
    return observations


def healthy_except(*changed: Observation | StageCounts) -> HealthReport:
    """Report of a healthy pipeline with some observations replaced."""

    def identity(each: Observation | StageCounts) -> tuple[object, ...]:
        return each.process, getattr(each, "check", None), getattr(each, "part", None)

    replaced = {identity(each) for each in changed}
    kept = [each for each in healthy_observations() if identity(each) not in replaced]
    return evaluate(pipeline(), [*kept, *changed], NOON)


def one_bad_recording() -> HealthReport:
    item = Evidence(
        stage="parse", archive="2026-11-20_G-TAIL.zip", member="raw.dat", byte_offset=98304
    )
    return healthy_except(
        make_observation(
            "parse",
            "frames_in_sync",
            "failed",
            detail="frames_in_sync_pct (98.5) >= 99",
            since_at=ago(hours=2),
            evidence=[item],
        ),
        make_counts("parse", incoming=12, done=11, quarantined=1, evidence=[item]),
    )


def database_down() -> HealthReport:
    return healthy_except(
        make_observation(
            "results_database",
            "database_answers",
            "failed",
            detail="connection refused",
            since_at=ago(minutes=4),
        ),
        make_observation("load", "step", "failed", detail="results database does not answer"),
        make_counts("load", incoming=12, done=7, in_flight=5),
    )


def stale_and_warning() -> HealthReport:
    return healthy_except(
        make_counts("store", incoming=13, done=13, data_at=NOON),
        make_observation("store", "files_open", at=ago(minutes=5)),
        make_observation(
            "compress", "ratio_in_band", "failed", severity="warning", detail="ratio (0.41) <= 0.3"
        ),
        make_counts("ingest", incoming=13, done=12, in_flight=1, running=1),
    )


def never_run() -> HealthReport:
    return evaluate(pipeline(), [], NOON)


def hostile(text: str = HOSTILE) -> HealthReport:
    """A report in which every text is the given one."""
    check = CheckHealth(name=text, kind="x", status=Status.FAILED, detail=text, describes=text)
    bad = ProcessHealth(
        name=text,
        status=Status.FAILED,
        reason=text,
        group=text,
        describes=text,
        checks=(check, CheckHealth(name="end", kind="x", status=Status.STALE)),
        parts=(PartHealth(name=text, status=Status.HEALTHY, detail=text),),
    )
    end = ProcessHealth(name="end", status=Status.BLOCKED, after=(text,), blocked_by=(text,))
    return HealthReport(at=NOON, status=Status.FAILED, processes=(bad, end))
