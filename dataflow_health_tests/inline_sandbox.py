"""A sandbox without child processes, for tests that start no program."""

from typing import Any

from dataflow_health.stages.sandbox import replies
from dataflow_health.stages.sandbox.child import Job
from dataflow_health.stages.sandbox.pool import Sandbox, error_of


class InlineSandbox(Sandbox):
    """Runs jobs in this process, with the same messages and no limits."""

    def start(self) -> None:
        """Starts nothing."""

    def run(self, job: Job, *arguments: object, **options: Any) -> list[Any]:
        """As the real one does it."""
        results = []
        items = iter(job(*arguments))
        while True:
            try:
                found = next(items, None)
            except Exception as error:
                raise error_of(replies.from_error(error), options["refusal"]) from error
            if found is None:
                return results
            item = options["item"].model_validate_json(found.model_dump_json())
            results.append(options["handle"](item))
