"""Logging set-up: loguru writes all records, those of the standard library included."""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Generic, NamedTuple, TypeVar

from loguru import logger

from dataflow_health import masking, settings

FORMAT = "{time:YYYY-MM-DDTHH:mm:ss.SSS!UTC}Z {level: <7} {name}: {message} {extra}{exception}"

Given = TypeVar("Given")
Made = TypeVar("Made")


class LogSetup(NamedTuple):
    """Set-up of the log of a process.

    Attributes:
        level: Lowest level to write.
        as_json: Write one JSON object per line.
    """

    level: str
    as_json: bool


_setup: list[LogSetup] = []
"""Set-up of this process; empty before :func:`configure`."""


class InterceptHandler(logging.Handler):
    """Forwards records of the standard library to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record with the place that it comes from."""
        frame: FrameType | None = logging.currentframe()
        depth = 0
        while frame and (depth == 0 or frame.f_code.co_filename == logging.__file__):
            frame, depth = frame.f_back, depth + 1
        names = {level.name for level in (logger.level(n) for n in _LEVELS)}
        level = record.levelname if record.levelname in names else record.levelno
        logger.opt(depth=depth, exception=record.exc_info).log(level, record.getMessage())


class _RunHandler(InterceptHandler):
    """Names the run and the step of Dagster beside each record."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record, with what Dagster keeps of it."""
        meta: Mapping[str, object] = getattr(record, "dagster_meta", {})
        names = {"run": meta.get("run_id"), "step": meta.get("step_key")}
        with logger.contextualize(**{name: value for name, value in names.items() if value}):
            super().emit(record)


class RunLogger(logging.Logger):
    """A logger as every other, but for that of the console of a run, which loguru writes.

    Dagster makes that one of the class which is set, registers it nowhere, and gives it handlers
    that write coloured text, with secrets in it.
    """

    def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Hands a record on."""
        if self.name == "dagster" and self.manager.loggerDict.get(self.name) is not self:
            _RUN_HANDLER.emit(record)
        else:
            super().callHandlers(record)


_RUN_HANDLER = _RunHandler()


def configure_runs() -> None:
    """Has Dagster's runs of this process write their console log by loguru, too."""
    logging.setLoggerClass(RunLogger)


_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def configure(level: str, *, as_json: bool = False) -> None:
    """Writes all records of a level and above to standard error.

    Tracebacks show no values of variables, which may be secrets; secrets in messages are masked.

    Args:
        level: Lowest level to write.
        as_json: Write one JSON object per line.
    """
    _setup[:] = [LogSetup(level, as_json)]
    write = _write_json if as_json else _write_text
    logger.remove()
    logger.add(write, level=level, format=FORMAT, serialize=as_json, diagnose=False)
    logging.basicConfig(handlers=[InterceptHandler()], level=logging.WARNING, force=True)


@dataclass(frozen=True, slots=True)
class WorkerFunction(Generic[Given, Made]):
    """A generator function for workers of Spark, which log there as this process does.

    A class, because Spark sends a nested function together with a copy of this module's variables.

    Attributes:
        function: What the workers call.
        ids: Ids of the work, such as ``stage`` and ``run``, for each of its records.
        setup: Set-up of this process; empty before :func:`configure`.
    """

    function: Callable[[Given], Iterator[Made]]
    ids: Mapping[str, str]
    setup: tuple[LogSetup, ...] = field(default_factory=lambda: tuple(_setup))

    def __call__(self, given: Given) -> Iterator[Made]:
        """Calls the function, after the log of the worker is set up."""
        if self.setup != tuple(_setup):
            for each in self.setup:
                configure(each.level, as_json=each.as_json)
        with logger.contextualize(**self.ids):
            yield from self.function(given)


def _write_text(line: str) -> None:
    sys.stderr.write(masking.mask(line, settings.environment()))


def _write_json(line: str) -> None:
    """Writes a record whose strings are masked one by one, so that the line stays JSON."""
    masked = _mask_strings(json.loads(line), settings.environment())
    sys.stderr.write(json.dumps(masked) + "\n")


def _mask_strings(value: object, environment: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return masking.mask(value, environment)
    if isinstance(value, dict):
        return {key: _mask_strings(each, environment) for key, each in value.items()}
    if isinstance(value, list):
        return [_mask_strings(each, environment) for each in value]
    return value
