"""The list that ``benchmarks.recovery`` plays, in its order."""

from benchmarks.recovery_files import DATABASES, LAKE, SOURCE
from benchmarks.recovery_kills import KILLS, MIDNIGHT

CASES = (*SOURCE, *LAKE, *DATABASES, *KILLS, MIDNIGHT)
"""Each is played on the same station, after all before it."""
