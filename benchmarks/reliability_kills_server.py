"""Preloaded by the server from which the processes of the kills are forked."""

from benchmarks import reliability_kills

reliability_kills.prepare()
