"""Decoding of ARINC 717 recordings: sync, subframes, timeline and recorder clock."""
