DROP INDEX ix_finding_tail_severity_start_at
--;

DROP INDEX ix_finding_tail_algorithm_start_at
