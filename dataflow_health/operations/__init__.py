"""Operator actions and reports: rerun, quarantine, canary, environment check, explanations."""
