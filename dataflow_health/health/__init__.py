"""What healthy means: processes, checks, observations, and the verdict over all of them.

Standard library and pydantic only. Not here: where observations come from, and how they are drawn.
"""
