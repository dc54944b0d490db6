CREATE INDEX ix_finding_tail_algorithm_start_at ON finding (tail, algorithm, start_at)
--;

CREATE INDEX ix_finding_tail_severity_start_at ON finding (tail, severity, start_at)
