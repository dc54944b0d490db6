"""Logging set-up: loguru writes all records, those of the standard library included."""

import json
import logging
import sys
from types import FrameType

from loguru import logger

from dataflow_health import masking, settings

FORMAT = "{time:YYYY-MM-DDTHH:mm:ss.SSS!UTC}Z {level: <7} {name}: {message} {extra}{exception}"


class _Intercept(logging.Handler):
    """Forwards records of the standard library to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        frame: FrameType | None = logging.currentframe()
        depth = 0
        while frame and (depth == 0 or frame.f_code.co_filename == logging.__file__):
            frame, depth = frame.f_back, depth + 1
        names = {level.name for level in (logger.level(n) for n in _LEVELS)}
        level = record.levelname if record.levelname in names else record.levelno
        logger.opt(depth=depth, exception=record.exc_info).log(level, record.getMessage())


_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def configure(level: str, *, as_json: bool = False) -> None:
    """Writes all records of a level and above to standard error.

    Tracebacks show no values of variables, which may be secrets; secrets in messages are masked.

    Args:
        level: Lowest level to write.
        as_json: Write one JSON object per line.
    """
    write = _write_json if as_json else _write_text
    logger.remove()
    logger.add(write, level=level, format=FORMAT, serialize=as_json, diagnose=False)
    logging.basicConfig(handlers=[_Intercept()], level=logging.WARNING, force=True)


def _write_text(line: str) -> None:
    sys.stderr.write(masking.mask(line, settings.environment()))


def _write_json(line: str) -> None:
    """Writes a record whose strings are masked one by one, so that the line stays JSON."""
    sys.stderr.write(json.dumps(_mask_strings(json.loads(line))) + "\n")


def _mask_strings(value: object) -> object:
    if isinstance(value, str):
        return masking.mask(value, settings.environment())
    if isinstance(value, dict):
        return {key: _mask_strings(each) for key, each in value.items()}
    return [_mask_strings(each) for each in value] if isinstance(value, list) else value
