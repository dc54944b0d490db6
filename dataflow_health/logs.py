"""Logging: loguru writes every line, the standard library's included, and no secret passes."""

import logging
import sys
from types import FrameType

from loguru import logger

FORMAT = "{time:YYYY-MM-DDTHH:mm:ss.SSS!UTC}Z {level: <7} {name}: {message} {extra}{exception}"


class _Intercept(logging.Handler):
    """Hands the standard library's records to loguru."""

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
    """Sends everything of this level and above to standard error.

    Args:
        level: Lowest level written.
        as_json: One JSON object a line, for machines.
    """
    logger.remove()
    logger.add(sys.stderr, level=level, format=FORMAT, serialize=as_json, diagnose=False)
    logging.basicConfig(handlers=[_Intercept()], level=logging.WARNING, force=True)
