DROP VIEW finding_rate

--;

DROP VIEW judged_finding

--;

ALTER TABLE finding ADD COLUMN state VARCHAR(16) DEFAULT 'new' NOT NULL

--;

UPDATE finding SET state = coalesce((
    SELECT finding_triage.state FROM finding_triage
    WHERE finding_triage.recording_id = finding.recording_id AND finding_triage.algorithm = finding.algorithm AND finding_triage.start_s = finding.start_s AND finding_triage.detail = finding.detail AND finding_triage.severity = finding.severity
), 'new')
WHERE (recording_id, algorithm) IN (SELECT recording_id, algorithm FROM finding_triage)

--;

CREATE INDEX ix_finding_judged ON finding (state, start_at, tail, algorithm, severity) WHERE state != 'new'

--;

CREATE INDEX ix_recording_named ON recording (named_tail) WHERE named_tail IS NOT NULL

--;

CREATE INDEX ix_audit_log_action_id ON audit_log (action, id)

--;

CREATE INDEX ix_audit_log_operator_id ON audit_log (operator, id)

--;

CREATE INDEX ix_audit_log_subject ON audit_log (subject)

--;

CREATE VIEW judged_finding AS SELECT finding.recording_id, finding.algorithm, finding.number, finding.tail, finding.arrival_day, finding.severity, finding.start_s, finding.end_s, finding.start_at, finding.peak, finding.peak_at_s, finding.detail, finding.state, coalesce(finding_triage.reason, '') AS reason, coalesce(finding_triage.operator, '') AS operator, finding_triage.judged_at
FROM finding LEFT OUTER JOIN finding_triage ON finding_triage.recording_id = finding.recording_id AND finding_triage.algorithm = finding.algorithm AND finding_triage.start_s = finding.start_s AND finding_triage.detail = finding.detail AND finding_triage.severity = finding.severity

--;

CREATE VIEW finding_rate AS SELECT finding_count.month, finding_count.algorithm, finding_count.tail, finding_count.severity, finding_count.number AS findings, coalesce(dismissed.number, 0) AS dismissed, hours.flights, hours.flown_s / (3600.0 + 0.0) AS flown_h, CASE WHEN (hours.flown_s > 0) THEN (360000.0 * (finding_count.number - coalesce(dismissed.number, 0))) / (hours.flown_s + 0.0) END AS per_100_h
FROM finding_count LEFT OUTER JOIN (SELECT analysed_flight.month AS month, analysed_flight.tail AS tail, count(*) AS flights, sum(analysed_flight.flown_s) AS flown_s
FROM analysed_flight GROUP BY analysed_flight.month, analysed_flight.tail) AS hours ON hours.month = finding_count.month AND hours.tail = finding_count.tail LEFT OUTER JOIN (SELECT coalesce(strftime('%Y-%m', finding.start_at), '') AS month, finding.algorithm AS algorithm, finding.tail AS tail, finding.severity AS severity, count(*) AS number
FROM finding
WHERE finding.state = 'dismissed' AND finding.state != 'new' GROUP BY coalesce(strftime('%Y-%m', finding.start_at), ''), finding.algorithm, finding.tail, finding.severity) AS dismissed ON finding_count.month = dismissed.month AND dismissed.algorithm = finding_count.algorithm AND dismissed.tail = finding_count.tail AND dismissed.severity = finding_count.severity
WHERE finding_count.number > 0
