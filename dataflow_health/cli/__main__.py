"""``python -m dataflow_health.cli``."""

from dataflow_health.cli import main

main()
