"""Decoding of ARINC 767 recordings: frames that carry their own length, time and number."""
