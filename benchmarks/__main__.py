"""``python -m benchmarks``: all benchmarks, and docs/performance.md."""

from benchmarks.report import main

main()
