"""Kinds of algorithms, one module each."""
