"""``python -m benchmarks``: runs the benchmarks and writes docs/performance.md."""

from benchmarks.report import main

main()
