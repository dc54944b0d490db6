"""Drawings of a health report: Mermaid text, SVG, PNG, badge, health strip and report difference.

These modules draw a :class:`~dataflow_health.health.report.HealthReport`; none of them evaluates
anything.
"""
