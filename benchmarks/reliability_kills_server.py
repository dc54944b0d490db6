"""Preloaded by the server from which the processes of the kills are forked."""

from benchmarks import kill_programs

kill_programs.prepare()
