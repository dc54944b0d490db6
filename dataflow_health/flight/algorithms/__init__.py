"""Algorithms: their YAML models, conditions, kinds, and the findings they produce."""
