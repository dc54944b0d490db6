CREATE TABLE archive (
	id VARCHAR(64) NOT NULL,
	name TEXT NOT NULL,
	source TEXT NOT NULL,
	size_bytes INTEGER NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	arrived_at DATETIME NOT NULL,
	received_at DATETIME NOT NULL,
	received_by VARCHAR(128) NOT NULL,
	path TEXT NOT NULL,
	CONSTRAINT pk_archive PRIMARY KEY (id)
)

--;

CREATE INDEX ix_archive_arrival_day ON archive (arrival_day)

--;

CREATE TABLE arrival (
	source TEXT NOT NULL,
	name TEXT NOT NULL,
	archive_id VARCHAR(64) NOT NULL,
	size_bytes INTEGER NOT NULL,
	modified_at DATETIME NOT NULL,
	arrived_at DATETIME NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	outcome VARCHAR(12) NOT NULL,
	seen_at DATETIME NOT NULL,
	CONSTRAINT pk_arrival PRIMARY KEY (source, name, archive_id)
)

--;

CREATE INDEX ix_arrival_arrival_day_outcome ON arrival (arrival_day, outcome)

--;

CREATE TABLE landing_entry (
	source TEXT NOT NULL,
	name TEXT NOT NULL,
	size_bytes INTEGER NOT NULL,
	modified_at DATETIME NOT NULL,
	first_seen_at DATETIME NOT NULL,
	reason VARCHAR(64),
	detail TEXT,
	CONSTRAINT pk_landing_entry PRIMARY KEY (source, name)
)

--;

CREATE TABLE archive_stage (
	archive_id VARCHAR(64) NOT NULL,
	stage VARCHAR(16) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	state VARCHAR(12) NOT NULL,
	queued_at DATETIME,
	reason VARCHAR(64),
	detail TEXT,
	byte_offset INTEGER,
	frame INTEGER,
	evidence BLOB,
	bytes_in INTEGER,
	bytes_out INTEGER,
	rows_in INTEGER,
	rows_out INTEGER,
	output_path TEXT,
	output_digest VARCHAR(64),
	file_digest VARCHAR(64),
	file_removed_at DATETIME,
	code_version VARCHAR(64),
	measurements JSON NOT NULL,
	run_id VARCHAR(64),
	attempts INTEGER NOT NULL,
	started_at DATETIME,
	finished_at DATETIME,
	CONSTRAINT pk_archive_stage PRIMARY KEY (archive_id, stage)
)

--;

CREATE INDEX ix_archive_stage_stage_arrival_day_state_finished_at ON archive_stage (stage, arrival_day, state, finished_at)

--;

CREATE INDEX ix_archive_stage_unfinished ON archive_stage (arrival_day, stage, archive_id) WHERE state IN ('waiting', 'running')

--;

CREATE TABLE member (
	archive_id VARCHAR(64) NOT NULL,
	path TEXT NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	outcome VARCHAR(12) NOT NULL,
	recording_id VARCHAR(64),
	size_bytes INTEGER NOT NULL,
	detail TEXT,
	CONSTRAINT pk_member PRIMARY KEY (archive_id, path)
)

--;

CREATE INDEX ix_member_arrival_day_outcome ON member (arrival_day, outcome)

--;

CREATE INDEX ix_member_recording_id ON member (recording_id)

--;

CREATE TABLE recording (
	id VARCHAR(64) NOT NULL,
	archive_id VARCHAR(64) NOT NULL,
	member TEXT NOT NULL,
	recorder VARCHAR(64) NOT NULL,
	layout VARCHAR(128),
	tail VARCHAR(32) NOT NULL,
	named_tail VARCHAR(32),
	named_started_at DATETIME,
	size_bytes INTEGER NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	arrived_at DATETIME NOT NULL,
	CONSTRAINT pk_recording PRIMARY KEY (id)
)

--;

CREATE INDEX ix_recording_tail_arrived_at ON recording (tail, arrived_at)

--;

CREATE INDEX ix_recording_arrival_day ON recording (arrival_day)

--;

CREATE INDEX ix_recording_archive_id ON recording (archive_id)

--;

CREATE TABLE recording_stage (
	recording_id VARCHAR(64) NOT NULL,
	stage VARCHAR(16) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	state VARCHAR(12) NOT NULL,
	queued_at DATETIME,
	reason VARCHAR(64),
	detail TEXT,
	byte_offset INTEGER,
	frame INTEGER,
	evidence BLOB,
	bytes_in INTEGER,
	bytes_out INTEGER,
	rows_in INTEGER,
	rows_out INTEGER,
	output_path TEXT,
	output_digest VARCHAR(64),
	file_digest VARCHAR(64),
	file_removed_at DATETIME,
	code_version VARCHAR(64),
	measurements JSON NOT NULL,
	run_id VARCHAR(64),
	attempts INTEGER NOT NULL,
	started_at DATETIME,
	finished_at DATETIME,
	CONSTRAINT pk_recording_stage PRIMARY KEY (recording_id, stage)
)

--;

CREATE INDEX ix_recording_stage_unfinished ON recording_stage (arrival_day, stage, recording_id) WHERE state IN ('waiting', 'running')

--;

CREATE INDEX ix_recording_stage_stage_state_code_version_arrival_day_finished_at ON recording_stage (stage, state, code_version, arrival_day, finished_at)

--;

CREATE INDEX ix_recording_stage_stage_arrival_day_state_finished_at ON recording_stage (stage, arrival_day, state, finished_at)

--;

CREATE TABLE day_count (
	arrival_day VARCHAR(10) NOT NULL,
	step VARCHAR(16) NOT NULL,
	state VARCHAR(16) NOT NULL,
	number INTEGER NOT NULL,
	finished_at DATETIME,
	changed INTEGER NOT NULL,
	CONSTRAINT pk_day_count PRIMARY KEY (arrival_day, step, state)
)

--;

CREATE INDEX ix_day_count_changed ON day_count (changed)

--;

CREATE INDEX ix_day_count_present ON day_count (state, step, arrival_day, number) WHERE number > 0

--;

CREATE TABLE aircraft_count (
	tail VARCHAR(32) NOT NULL,
	number INTEGER NOT NULL,
	CONSTRAINT pk_aircraft_count PRIMARY KEY (tail)
)

--;

CREATE TABLE observation (
	process VARCHAR(64) NOT NULL,
	check_name VARCHAR(128) NOT NULL,
	part VARCHAR(128) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	outcome VARCHAR(12) NOT NULL,
	severity VARCHAR(8) NOT NULL,
	detail TEXT NOT NULL,
	evidence JSON NOT NULL,
	since_at DATETIME NOT NULL,
	observed_at DATETIME NOT NULL,
	link TEXT NOT NULL,
	run_id VARCHAR(64),
	changed INTEGER NOT NULL,
	CONSTRAINT pk_observation PRIMARY KEY (process, check_name, part, arrival_day)
)

--;

CREATE INDEX ix_observation_failing ON observation (check_name, process, arrival_day) WHERE outcome IN ('failed', 'errored')

--;

CREATE INDEX ix_observation_arrival_day ON observation (arrival_day)

--;

CREATE INDEX ix_observation_changed ON observation (changed)

--;

CREATE INDEX ix_observation_observed_at ON observation (observed_at)

--;

CREATE TABLE settled_history (
	declared VARCHAR(64) NOT NULL,
	saved_at DATETIME NOT NULL,
	"database" VARCHAR(64) NOT NULL,
	document TEXT NOT NULL,
	CONSTRAINT pk_settled_history PRIMARY KEY (declared)
)

--;

CREATE TABLE status_change (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	process VARCHAR(64) NOT NULL,
	from_status VARCHAR(12) NOT NULL,
	to_status VARCHAR(12) NOT NULL,
	reason TEXT NOT NULL,
	fingerprint VARCHAR(16) NOT NULL,
	health JSON NOT NULL,
	at DATETIME NOT NULL
)

--;

CREATE INDEX ix_status_change_at ON status_change (at)

--;

CREATE INDEX ix_status_change_process_at ON status_change (process, at)

--;

CREATE TABLE status_day (
	day VARCHAR(10) NOT NULL,
	process VARCHAR(64) NOT NULL,
	status VARCHAR(12) NOT NULL,
	seconds FLOAT NOT NULL,
	CONSTRAINT pk_status_day PRIMARY KEY (day, process, status)
)

--;

CREATE TABLE incident (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	fingerprint VARCHAR(64) NOT NULL,
	process VARCHAR(64) NOT NULL,
	check_name VARCHAR(128) NOT NULL,
	cause TEXT NOT NULL,
	severity VARCHAR(8) NOT NULL,
	state VARCHAR(16) NOT NULL,
	flapping BOOLEAN NOT NULL,
	failures INTEGER NOT NULL,
	max_failures INTEGER NOT NULL,
	opened_at DATETIME NOT NULL,
	updated_at DATETIME NOT NULL,
	closed_at DATETIME,
	document JSON NOT NULL
)

--;

CREATE INDEX ix_incident_opened_at ON incident (opened_at)

--;

CREATE INDEX ix_incident_closed_at ON incident (closed_at)

--;

CREATE UNIQUE INDEX uq_incident_one_open ON incident (fingerprint) WHERE closed_at IS NULL

--;

CREATE TABLE streak (
	fingerprint VARCHAR(64) NOT NULL,
	document JSON NOT NULL,
	CONSTRAINT pk_streak PRIMARY KEY (fingerprint)
)

--;

CREATE TABLE delivery (
	incident_id INTEGER NOT NULL,
	kind VARCHAR(16) NOT NULL,
	sequence INTEGER NOT NULL,
	channel VARCHAR(128) NOT NULL,
	rule VARCHAR(64) NOT NULL,
	due_at DATETIME NOT NULL,
	attempts INTEGER NOT NULL,
	error TEXT NOT NULL,
	outcome VARCHAR(8) NOT NULL,
	settled_at DATETIME,
	batch INTEGER NOT NULL,
	CONSTRAINT pk_delivery PRIMARY KEY (incident_id, kind, sequence, channel)
)

--;

CREATE INDEX ix_delivery_settled_at ON delivery (settled_at)

--;

CREATE INDEX ix_delivery_outcome ON delivery (outcome)

--;

CREATE TABLE algorithm_run (
	recording_id VARCHAR(64) NOT NULL,
	algorithm VARCHAR(128) NOT NULL,
	version VARCHAR(64) NOT NULL,
	parser_version VARCHAR(64) NOT NULL,
	tail VARCHAR(32) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	outcome VARCHAR(16) NOT NULL,
	reason TEXT NOT NULL,
	findings INTEGER NOT NULL,
	uploaded_at DATETIME NOT NULL,
	CONSTRAINT pk_algorithm_run PRIMARY KEY (recording_id, algorithm, arrival_day)
)

--;

CREATE INDEX ix_algorithm_run_arrival_day ON algorithm_run (arrival_day)

--;

CREATE INDEX ix_algorithm_run_uploaded_at ON algorithm_run (uploaded_at)

--;

CREATE INDEX ix_algorithm_run_found ON algorithm_run (algorithm, version) WHERE findings > 0

--;

CREATE TABLE finding (
	recording_id VARCHAR(64) NOT NULL,
	algorithm VARCHAR(128) NOT NULL,
	number INTEGER NOT NULL,
	tail VARCHAR(32) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	severity VARCHAR(16) NOT NULL,
	start_s FLOAT NOT NULL,
	end_s FLOAT NOT NULL,
	start_at DATETIME,
	peak FLOAT,
	peak_at_s FLOAT,
	detail TEXT NOT NULL,
	CONSTRAINT pk_finding PRIMARY KEY (recording_id, algorithm, number, arrival_day)
)

--;

CREATE INDEX ix_finding_severity_start_at ON finding (severity, start_at)

--;

CREATE INDEX ix_finding_start_at ON finding (start_at)

--;

CREATE INDEX ix_finding_algorithm_start_at ON finding (algorithm, start_at)

--;

CREATE INDEX ix_finding_tail_start_at ON finding (tail, start_at)

--;

CREATE TABLE finding_count (
	month VARCHAR(7) NOT NULL,
	algorithm VARCHAR(128) NOT NULL,
	tail VARCHAR(32) NOT NULL,
	severity VARCHAR(16) NOT NULL,
	number INTEGER NOT NULL,
	CONSTRAINT pk_finding_count PRIMARY KEY (month, algorithm, tail, severity)
)

--;

CREATE INDEX ix_finding_count_tail_month_algorithm_severity_number ON finding_count (tail, month, algorithm, severity, number)

--;

CREATE INDEX ix_finding_count_algorithm_month_tail_severity_number ON finding_count (algorithm, month, tail, severity, number)

--;

CREATE TABLE analysed_flight (
	recording_id VARCHAR(64) NOT NULL,
	tail VARCHAR(32) NOT NULL,
	month VARCHAR(7) NOT NULL,
	flown_s FLOAT NOT NULL,
	CONSTRAINT pk_analysed_flight PRIMARY KEY (recording_id)
)

--;

CREATE INDEX ix_analysed_flight_month_tail_flown_s ON analysed_flight (month, tail, flown_s)

--;

CREATE INDEX ix_analysed_flight_tail_month_flown_s ON analysed_flight (tail, month, flown_s)

--;

CREATE TABLE finding_triage (
	recording_id VARCHAR(64) NOT NULL,
	algorithm VARCHAR(128) NOT NULL,
	start_s FLOAT NOT NULL,
	detail TEXT NOT NULL,
	severity VARCHAR(16) NOT NULL,
	state VARCHAR(16) NOT NULL,
	reason TEXT NOT NULL,
	operator VARCHAR(128) NOT NULL,
	judged_at DATETIME NOT NULL,
	CONSTRAINT pk_finding_triage PRIMARY KEY (recording_id, algorithm, start_s, detail)
)

--;

CREATE INDEX ix_finding_triage_state ON finding_triage (state)

--;

CREATE TABLE annotation (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	kind VARCHAR(16) NOT NULL,
	recording_id VARCHAR(64),
	algorithm VARCHAR(128),
	start_s FLOAT,
	end_s FLOAT,
	process VARCHAR(64),
	incident_id INTEGER,
	text TEXT NOT NULL,
	author VARCHAR(128) NOT NULL,
	created_at DATETIME NOT NULL,
	edited_at DATETIME
)

--;

CREATE INDEX ix_annotation_process ON annotation (process)

--;

CREATE INDEX ix_annotation_incident_id ON annotation (incident_id)

--;

CREATE INDEX ix_annotation_recording_id ON annotation (recording_id)

--;

CREATE TABLE finding_rule (
	rule VARCHAR(64) NOT NULL,
	started_at DATETIME NOT NULL,
	planned_until_at DATETIME NOT NULL,
	CONSTRAINT pk_finding_rule PRIMARY KEY (rule)
)

--;

CREATE TABLE finding_message (
	rule VARCHAR(64) NOT NULL,
	recording_id VARCHAR(64) NOT NULL,
	algorithm VARCHAR(128) NOT NULL,
	tail VARCHAR(32) NOT NULL,
	message INTEGER NOT NULL,
	CONSTRAINT pk_finding_message PRIMARY KEY (rule, recording_id, algorithm)
)

--;

CREATE INDEX ix_finding_message_message ON finding_message (message)

--;

CREATE TABLE declared_algorithm (
	name VARCHAR(128) NOT NULL,
	version VARCHAR(64) NOT NULL,
	declared_at DATETIME NOT NULL,
	earlier_version VARCHAR(64),
	earlier_declared_at DATETIME,
	CONSTRAINT pk_declared_algorithm PRIMARY KEY (name)
)

--;

CREATE TABLE declared_version (
	stage VARCHAR(16) NOT NULL,
	recorder VARCHAR(128) NOT NULL,
	layout VARCHAR(128) NOT NULL,
	version VARCHAR(64) NOT NULL,
	declared_at DATETIME NOT NULL,
	earlier_version VARCHAR(64),
	earlier_declared_at DATETIME,
	CONSTRAINT pk_declared_version PRIMARY KEY (stage, recorder, layout)
)

--;

CREATE TABLE recorded_format (
	digest VARCHAR(16) NOT NULL,
	parameters JSON NOT NULL,
	CONSTRAINT pk_recorded_format PRIMARY KEY (digest)
)

--;

CREATE TABLE audit_log (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	at DATETIME NOT NULL,
	operator VARCHAR(128) NOT NULL,
	origin VARCHAR(128) NOT NULL,
	action VARCHAR(64) NOT NULL,
	subject TEXT NOT NULL,
	reason TEXT NOT NULL,
	succeeded BOOLEAN NOT NULL,
	chain_hash VARCHAR(64) NOT NULL
)

--;

CREATE INDEX ix_audit_log_at ON audit_log (at)

--;

CREATE TABLE lease (
	name VARCHAR(64) NOT NULL,
	holder VARCHAR(128) NOT NULL,
	rank INTEGER NOT NULL,
	expires_at DATETIME NOT NULL,
	CONSTRAINT pk_lease PRIMARY KEY (name)
)

--;

CREATE TABLE running_step (
	stage VARCHAR(16) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	run_id VARCHAR(64) NOT NULL,
	host VARCHAR(255) NOT NULL,
	pid INTEGER NOT NULL,
	finished INTEGER NOT NULL,
	total INTEGER NOT NULL,
	begun_at DATETIME NOT NULL,
	moved_at DATETIME NOT NULL,
	beat_at DATETIME NOT NULL,
	limit_s FLOAT NOT NULL,
	CONSTRAINT pk_running_step PRIMARY KEY (stage, arrival_day)
)

--;

CREATE TABLE scrub_share (
	number INTEGER NOT NULL,
	parts INTEGER NOT NULL,
	waits_since_at DATETIME NOT NULL,
	CONSTRAINT pk_scrub_share PRIMARY KEY (number)
)

--;

CREATE TABLE scrub_damage (
	stage VARCHAR(16) NOT NULL,
	path VARCHAR(1024) NOT NULL,
	item VARCHAR(64) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	reason VARCHAR(64) NOT NULL,
	detail TEXT NOT NULL,
	found_at DATETIME NOT NULL,
	CONSTRAINT pk_scrub_damage PRIMARY KEY (stage, path, item)
)

--;

CREATE TABLE outside_system (
	process VARCHAR(64) NOT NULL,
	"check" VARCHAR(64) NOT NULL,
	kind VARCHAR(64) NOT NULL,
	asked_at DATETIME NOT NULL,
	error TEXT NOT NULL,
	described_at DATETIME,
	description TEXT,
	CONSTRAINT pk_outside_system PRIMARY KEY (process, "check")
)

--;

CREATE TRIGGER archive_stage_counted_INSERT AFTER INSERT ON archive_stage BEGIN
INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, NEW.stage, NEW.state, 1, NEW.finished_at, (SELECT coalesce(max(changed), 0) + 1 FROM day_count)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed;
END

--;

CREATE TRIGGER archive_stage_counted_DELETE AFTER DELETE ON archive_stage BEGIN
UPDATE day_count SET number = number - 1, finished_at = CASE WHEN OLD.finished_at < finished_at OR OLD.finished_at IS NULL THEN finished_at ELSE (SELECT max(finished_at) FROM archive_stage WHERE stage = OLD.stage AND arrival_day = OLD.arrival_day AND state = OLD.state) END, changed = (SELECT coalesce(max(changed), 0) + 1 FROM day_count) WHERE arrival_day = OLD.arrival_day AND step = OLD.stage AND state = OLD.state;
END

--;

CREATE TRIGGER archive_stage_counted_UPDATE AFTER UPDATE OF stage, arrival_day, state, finished_at ON archive_stage BEGIN
UPDATE day_count SET number = number - 1, finished_at = CASE WHEN OLD.finished_at < finished_at OR OLD.finished_at IS NULL THEN finished_at ELSE (SELECT max(finished_at) FROM archive_stage WHERE stage = OLD.stage AND arrival_day = OLD.arrival_day AND state = OLD.state) END, changed = (SELECT coalesce(max(changed), 0) + 1 FROM day_count) WHERE arrival_day = OLD.arrival_day AND step = OLD.stage AND state = OLD.state;
INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, NEW.stage, NEW.state, 1, NEW.finished_at, (SELECT coalesce(max(changed), 0) + 1 FROM day_count)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed;
END

--;

CREATE TRIGGER recording_stage_counted_INSERT AFTER INSERT ON recording_stage BEGIN
INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, NEW.stage, NEW.state, 1, NEW.finished_at, (SELECT coalesce(max(changed), 0) + 1 FROM day_count)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed;
END

--;

CREATE TRIGGER recording_stage_counted_DELETE AFTER DELETE ON recording_stage BEGIN
UPDATE day_count SET number = number - 1, finished_at = CASE WHEN OLD.finished_at < finished_at OR OLD.finished_at IS NULL THEN finished_at ELSE (SELECT max(finished_at) FROM recording_stage WHERE stage = OLD.stage AND arrival_day = OLD.arrival_day AND state = OLD.state) END, changed = (SELECT coalesce(max(changed), 0) + 1 FROM day_count) WHERE arrival_day = OLD.arrival_day AND step = OLD.stage AND state = OLD.state;
END

--;

CREATE TRIGGER recording_stage_counted_UPDATE AFTER UPDATE OF stage, arrival_day, state, finished_at ON recording_stage BEGIN
UPDATE day_count SET number = number - 1, finished_at = CASE WHEN OLD.finished_at < finished_at OR OLD.finished_at IS NULL THEN finished_at ELSE (SELECT max(finished_at) FROM recording_stage WHERE stage = OLD.stage AND arrival_day = OLD.arrival_day AND state = OLD.state) END, changed = (SELECT coalesce(max(changed), 0) + 1 FROM day_count) WHERE arrival_day = OLD.arrival_day AND step = OLD.stage AND state = OLD.state;
INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, NEW.stage, NEW.state, 1, NEW.finished_at, (SELECT coalesce(max(changed), 0) + 1 FROM day_count)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed;
END

--;

CREATE TRIGGER arrival_counted_INSERT AFTER INSERT ON arrival BEGIN
INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, 'arrival', NEW.outcome, 1, NULL, (SELECT coalesce(max(changed), 0) + 1 FROM day_count)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed;
END

--;

CREATE TRIGGER arrival_counted_DELETE AFTER DELETE ON arrival BEGIN
UPDATE day_count SET number = number - 1, changed = (SELECT coalesce(max(changed), 0) + 1 FROM day_count) WHERE arrival_day = OLD.arrival_day AND step = 'arrival' AND state = OLD.outcome;
END

--;

CREATE TRIGGER arrival_counted_UPDATE AFTER UPDATE OF arrival_day, outcome ON arrival BEGIN
UPDATE day_count SET number = number - 1, changed = (SELECT coalesce(max(changed), 0) + 1 FROM day_count) WHERE arrival_day = OLD.arrival_day AND step = 'arrival' AND state = OLD.outcome;
INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, 'arrival', NEW.outcome, 1, NULL, (SELECT coalesce(max(changed), 0) + 1 FROM day_count)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed;
END

--;

CREATE TRIGGER member_counted_INSERT AFTER INSERT ON member BEGIN
INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, 'member', NEW.outcome, 1, NULL, (SELECT coalesce(max(changed), 0) + 1 FROM day_count)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed;
END

--;

CREATE TRIGGER member_counted_DELETE AFTER DELETE ON member BEGIN
UPDATE day_count SET number = number - 1, changed = (SELECT coalesce(max(changed), 0) + 1 FROM day_count) WHERE arrival_day = OLD.arrival_day AND step = 'member' AND state = OLD.outcome;
END

--;

CREATE TRIGGER member_counted_UPDATE AFTER UPDATE OF arrival_day, outcome ON member BEGIN
UPDATE day_count SET number = number - 1, changed = (SELECT coalesce(max(changed), 0) + 1 FROM day_count) WHERE arrival_day = OLD.arrival_day AND step = 'member' AND state = OLD.outcome;
INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, 'member', NEW.outcome, 1, NULL, (SELECT coalesce(max(changed), 0) + 1 FROM day_count)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed;
END

--;

CREATE TRIGGER algorithm_run_counted_INSERT AFTER INSERT ON algorithm_run BEGIN
INSERT INTO day_count (arrival_day, step, state, number, changed) VALUES (NEW.arrival_day, 'algorithm_run', NEW.outcome, 1, (SELECT coalesce(max(changed), 0) + 1 FROM day_count)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + excluded.number, changed = excluded.changed;
END

--;

CREATE TRIGGER algorithm_run_counted_DELETE AFTER DELETE ON algorithm_run BEGIN
UPDATE day_count SET number = number - 1, changed = (SELECT coalesce(max(changed), 0) + 1 FROM day_count) WHERE day_count.arrival_day = OLD.arrival_day AND day_count.step = 'algorithm_run' AND day_count.state = OLD.outcome;
END

--;

CREATE TRIGGER algorithm_run_counted_UPDATE AFTER UPDATE OF arrival_day, outcome ON algorithm_run BEGIN
UPDATE day_count SET number = number - 1, changed = (SELECT coalesce(max(changed), 0) + 1 FROM day_count) WHERE day_count.arrival_day = OLD.arrival_day AND day_count.step = 'algorithm_run' AND day_count.state = OLD.outcome;
INSERT INTO day_count (arrival_day, step, state, number, changed) VALUES (NEW.arrival_day, 'algorithm_run', NEW.outcome, 1, (SELECT coalesce(max(changed), 0) + 1 FROM day_count)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + excluded.number, changed = excluded.changed;
END

--;

CREATE TRIGGER recording_counted_INSERT AFTER INSERT ON recording BEGIN
INSERT INTO aircraft_count (tail, number) VALUES (NEW.tail, 1) ON CONFLICT (tail) DO UPDATE SET number = aircraft_count.number + excluded.number;
END

--;

CREATE TRIGGER recording_counted_DELETE AFTER DELETE ON recording BEGIN
UPDATE aircraft_count SET number = number - 1 WHERE aircraft_count.tail = OLD.tail;
END

--;

CREATE TRIGGER recording_counted_UPDATE AFTER UPDATE OF tail ON recording BEGIN
UPDATE aircraft_count SET number = number - 1 WHERE aircraft_count.tail = OLD.tail;
INSERT INTO aircraft_count (tail, number) VALUES (NEW.tail, 1) ON CONFLICT (tail) DO UPDATE SET number = aircraft_count.number + excluded.number;
END

--;

CREATE TRIGGER observation_numbered_INSERT AFTER INSERT ON observation WHEN NEW.changed < (SELECT max(changed) FROM observation) BEGIN
UPDATE observation SET changed = (SELECT max(changed) FROM observation) + 1 WHERE process = NEW.process AND check_name = NEW.check_name AND part = NEW.part AND arrival_day = NEW.arrival_day;
END

--;

CREATE TRIGGER observation_numbered_UPDATE AFTER UPDATE ON observation WHEN NEW.changed <= OLD.changed BEGIN
UPDATE observation SET changed = (SELECT max(changed) FROM observation) + 1 WHERE process = NEW.process AND check_name = NEW.check_name AND part = NEW.part AND arrival_day = NEW.arrival_day;
END

--;

CREATE TRIGGER observation_deleted AFTER DELETE ON observation BEGIN
DELETE FROM settled_history;
END

--;

CREATE VIEW judged_finding AS SELECT finding.recording_id, finding.algorithm, finding.number, finding.tail, finding.arrival_day, finding.severity, finding.start_s, finding.end_s, finding.start_at, finding.peak, finding.peak_at_s, finding.detail, coalesce(finding_triage.state, 'new') AS state, coalesce(finding_triage.reason, '') AS reason, coalesce(finding_triage.operator, '') AS operator, finding_triage.judged_at
FROM finding LEFT OUTER JOIN finding_triage ON finding_triage.recording_id = finding.recording_id AND finding_triage.algorithm = finding.algorithm AND finding_triage.start_s = finding.start_s AND finding_triage.detail = finding.detail AND finding_triage.severity = finding.severity

--;

CREATE VIEW flight_month AS SELECT analysed_flight.month, analysed_flight.tail, count(*) AS flights, sum(analysed_flight.flown_s) / (3600.0 + 0.0) AS flown_h
FROM analysed_flight GROUP BY analysed_flight.month, analysed_flight.tail

--;

CREATE VIEW finding_rate AS SELECT finding_count.month, finding_count.algorithm, finding_count.tail, finding_count.severity, finding_count.number AS findings, coalesce(dismissed.number, 0) AS dismissed, hours.flights, hours.flown_s / (3600.0 + 0.0) AS flown_h, CASE WHEN (hours.flown_s > 0) THEN (360000.0 * (finding_count.number - coalesce(dismissed.number, 0))) / (hours.flown_s + 0.0) END AS per_100_h
FROM finding_count LEFT OUTER JOIN (SELECT analysed_flight.month AS month, analysed_flight.tail AS tail, count(*) AS flights, sum(analysed_flight.flown_s) AS flown_s
FROM analysed_flight GROUP BY analysed_flight.month, analysed_flight.tail) AS hours ON hours.month = finding_count.month AND hours.tail = finding_count.tail LEFT OUTER JOIN (SELECT coalesce(strftime('%Y-%m', finding.start_at), '') AS month, finding.algorithm AS algorithm, finding.tail AS tail, finding.severity AS severity, count(*) AS number
FROM finding_triage JOIN finding ON finding_triage.recording_id = finding.recording_id AND finding_triage.algorithm = finding.algorithm AND finding_triage.start_s = finding.start_s AND finding_triage.detail = finding.detail AND finding_triage.severity = finding.severity
WHERE finding_triage.state = 'dismissed' GROUP BY coalesce(strftime('%Y-%m', finding.start_at), ''), finding.algorithm, finding.tail, finding.severity) AS dismissed ON finding_count.month = dismissed.month AND dismissed.algorithm = finding_count.algorithm AND dismissed.tail = finding_count.tail AND dismissed.severity = finding_count.severity
WHERE finding_count.number > 0
