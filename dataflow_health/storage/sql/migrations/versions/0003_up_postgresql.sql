CREATE INDEX ix_finding_tail_algorithm_start_at ON finding (tail, algorithm, start_at)
