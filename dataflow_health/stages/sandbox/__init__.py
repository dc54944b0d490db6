"""Child processes with resource limits, in which bytes from untrusted sources are opened."""
