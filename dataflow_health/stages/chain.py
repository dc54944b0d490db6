"""The eight stages in order, all called with the same arguments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType

from dataflow_health.stages import (
    analyse,
    compress,
    download,
    extract,
    ingest,
    load,
    parse,
    store,
)
from dataflow_health.stages.healing import HealingStage
from dataflow_health.stages.stage import (
    DaysFunction,
    Dependencies,
    StageFunction,
    StageOptions,
    StageRequest,
    StageSummary,
)
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the pipeline.

    Attributes:
        name: Its word, the same in the ledger, the lake, the diagram and the process files.
        description: Its output, in one sentence.
        kinds: Technologies it uses, shown as icons in the asset graph.
        code_version: Version of its code; a change makes Dagster show its output as outdated.
        run: Processes one arrival day; a recording whose input is missing or damaged is first
            made again by the stage before.
        together: Processes several arrival days in one Spark job; None for a stage without one.
    """

    name: str
    description: str
    kinds: frozenset[str]
    code_version: str
    run: StageFunction
    together: DaysFunction | None = None

    def run_days(
        self, deps: Dependencies, requests: Sequence[StageRequest], options: StageOptions
    ) -> Sequence[StageSummary]:
        """Processes several arrival days of one run, in one Spark job if the stage has any."""
        if self.together is not None:
            return self.together(deps, requests, options)
        return [self.run(deps, request, options) for request in requests]


def _stage(module: ModuleType, run: StageFunction, together: DaysFunction | None = None) -> Stage:
    made = (module.STAGE, module.DESCRIPTION, module.KINDS, module.CODE_VERSION)
    return Stage(*made, run, together)


def _with_healing(stages: Iterable[Stage]) -> tuple[Stage, ...]:
    """The stages, each with the one before to make its input again; an archive cannot be."""
    healed: list[Stage] = []
    for stage in stages:
        if stage.name in ARCHIVE_STAGES:
            healed.append(stage)
        else:
            healing = HealingStage(stage.name, stage.run, healed[-1].run)
            together = stage.together and partial(healing.run_days, stage.together)
            healed.append(replace(stage, run=healing.run, together=together))
    return tuple(healed)


UNHEALED = (
    _stage(
        download,
        lambda deps, request, options: download.run(
            deps,
            request,
            url=options.source_url,
            settle_s=options.settle_s,
            most_bytes=options.limits.total_bytes,
        ),
    ),
    _stage(
        extract,
        lambda deps, request, options: extract.run(deps, request, limits=options.limits),
    ),
    _stage(parse, lambda deps, request, _: parse.run(deps, request)),
    _stage(compress, lambda deps, request, _: compress.run(deps, request)),
    _stage(
        store,
        lambda deps, request, options: store.run(deps, request, codec=options.tsv_codec),
    ),
    _stage(
        ingest,
        lambda deps, request, options: ingest.run(deps, request, spark=options.spark),
        lambda deps, requests, options: ingest.run_days(deps, requests, spark=options.spark),
    ),
    _stage(
        analyse,
        lambda deps, request, options: analyse.run(
            deps, request, spark=options.spark, algorithms=options.algorithms
        ),
        lambda deps, requests, options: analyse.run_days(
            deps, requests, spark=options.spark, algorithms=options.algorithms
        ),
    ),
    _stage(load, lambda deps, request, _: load.run(deps, request)),
)
"""The stages that refuse what they cannot read, first to last."""

CHAIN = _with_healing(UNHEALED)
"""The stages, first to last, as :data:`~dataflow_health.storage.ledger.stage_order.STAGES`."""
