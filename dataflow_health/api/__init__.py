"""HTTP API: pipeline health, operator actions, events and metrics for any front end.

``app`` assembles the parts. Every other route module is named after its resource.
"""
