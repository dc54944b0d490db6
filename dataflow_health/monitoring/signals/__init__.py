"""Live signals: receives points, keeps their sums, and compares them with limits."""
