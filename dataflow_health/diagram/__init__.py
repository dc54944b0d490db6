"""A health report drawn: Mermaid text, SVG and PNG from it, a strip, a badge, a difference.

Everything here turns a :class:`~dataflow_health.health.report.HealthReport` into text or pixels and
decides nothing.
"""
