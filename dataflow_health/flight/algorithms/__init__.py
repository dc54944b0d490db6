"""Algorithms: their YAML model, conditions, kinds, and the findings they return."""
