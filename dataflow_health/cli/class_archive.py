"""Program of ``up``: makes the archive from which Java starts Spark sooner, and ends.

It is no command for people: ``python -m dataflow_health.cli.class_archive``.
"""

import subprocess

from loguru import logger

from dataflow_health.cli.options import load_settings
from dataflow_health.errors import SparkError
from dataflow_health.operations import class_archive_maker


def main() -> None:
    """Makes the archive; a failure costs time at later starts only."""
    chosen = load_settings(None)
    try:
        if class_archive_maker.is_wanted(chosen):
            class_archive_maker.make(chosen)
    except (SparkError, OSError, subprocess.TimeoutExpired) as error:
        logger.warning("Java starts without an archive of Spark's classes: {}", error)


if __name__ == "__main__":
    main()
