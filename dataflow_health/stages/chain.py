"""The eight stages in order, all called with the same arguments."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from dataflow_health.stages import analyse, compress, download, extract, ingest, load, parse, store
from dataflow_health.stages.stage import Dependencies, StageOptions, StageRequest, StageSummary

StageFunction = Callable[[Dependencies, StageRequest, StageOptions], StageSummary]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the pipeline.

    Attributes:
        name: Its word, the same in the ledger, the lake, the diagram and the process files.
        description: Its output, in one sentence.
        kinds: Technologies it uses, shown as icons in the asset graph.
        code_version: Version of its code; a change makes Dagster show its output as outdated.
        run: Processes one arrival day.
    """

    name: str
    description: str
    kinds: frozenset[str]
    code_version: str
    run: StageFunction


def _stage(module: ModuleType, run: StageFunction) -> Stage:
    return Stage(module.STAGE, module.DESCRIPTION, module.KINDS, module.CODE_VERSION, run)


CHAIN = (
    _stage(
        download,
        lambda deps, request, options: download.run(
            deps, request, url=options.source_url, settle_s=options.settle_s
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
    ),
    _stage(
        analyse,
        lambda deps, request, options: analyse.run(deps, request, spark=options.spark),
    ),
    _stage(load, lambda deps, request, _: load.run(deps, request)),
)
"""The stages, first to last, as :data:`~dataflow_health.storage.ledger.stage_order.STAGES`."""
