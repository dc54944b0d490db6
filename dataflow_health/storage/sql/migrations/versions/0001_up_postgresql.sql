CREATE TABLE archive (
	id VARCHAR(64) NOT NULL,
	name TEXT NOT NULL,
	source TEXT NOT NULL,
	size_bytes BIGINT NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	arrived_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_at TIMESTAMP WITH TIME ZONE NOT NULL,
	received_by VARCHAR(128) NOT NULL,
	path TEXT NOT NULL,
	CONSTRAINT pk_archive PRIMARY KEY (id)
)

--;

CREATE INDEX ix_archive_arrival_day ON archive (arrival_day)

--;

COMMENT ON TABLE archive IS 'Distinct archives'

--;

COMMENT ON COLUMN archive.id IS 'SHA-256 of its bytes'

--;

COMMENT ON COLUMN archive.name IS 'File name'

--;

COMMENT ON COLUMN archive.source IS 'URL it was downloaded from, password masked'

--;

COMMENT ON COLUMN archive.arrived_at IS 'When it was written at the source'

--;

COMMENT ON COLUMN archive.received_at IS 'When it was downloaded'

--;

COMMENT ON COLUMN archive.received_by IS 'Operating system user'

--;

COMMENT ON COLUMN archive.path IS 'Path of its bytes in the lake'

--;

CREATE TABLE arrival (
	source TEXT NOT NULL,
	name TEXT NOT NULL,
	archive_id VARCHAR(64) NOT NULL,
	size_bytes BIGINT NOT NULL,
	modified_at TIMESTAMP WITH TIME ZONE NOT NULL,
	arrived_at TIMESTAMP WITH TIME ZONE NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	outcome VARCHAR(12) NOT NULL,
	seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_arrival PRIMARY KEY (source, name, archive_id)
)

--;

CREATE INDEX ix_arrival_arrival_day_outcome ON arrival (arrival_day, outcome)

--;

COMMENT ON TABLE arrival IS 'Files at the source: every name under which an archive arrived'

--;

COMMENT ON COLUMN arrival.name IS 'Path below the source''s root'

--;

COMMENT ON COLUMN arrival.modified_at IS 'Modification time at the source'

--;

COMMENT ON COLUMN arrival.outcome IS 'accepted or duplicate'

--;

COMMENT ON COLUMN arrival.seen_at IS 'When download found it'

--;

CREATE TABLE landing_entry (
	source TEXT NOT NULL,
	name TEXT NOT NULL,
	size_bytes BIGINT NOT NULL,
	modified_at TIMESTAMP WITH TIME ZONE NOT NULL,
	first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	reason VARCHAR(64),
	detail TEXT,
	CONSTRAINT pk_landing_entry PRIMARY KEY (source, name)
)

--;

COMMENT ON TABLE landing_entry IS 'Entries at the source that are not taken'

--;

COMMENT ON COLUMN landing_entry.name IS 'Path below the source''s root'

--;

COMMENT ON COLUMN landing_entry.modified_at IS 'Modification time at the source'

--;

COMMENT ON COLUMN landing_entry.first_seen_at IS 'Unchanged here since then'

--;

COMMENT ON COLUMN landing_entry.reason IS 'Reason code why it is not taken; empty for one that is to be'

--;

COMMENT ON COLUMN landing_entry.detail IS 'Explanation of the reason'

--;

CREATE TABLE archive_stage (
	archive_id VARCHAR(64) NOT NULL,
	stage VARCHAR(16) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	state VARCHAR(12) NOT NULL,
	queued_at TIMESTAMP WITH TIME ZONE,
	reason VARCHAR(64),
	detail TEXT,
	byte_offset BIGINT,
	frame BIGINT,
	evidence BYTEA,
	bytes_in BIGINT,
	bytes_out BIGINT,
	rows_in BIGINT,
	rows_out BIGINT,
	output_path TEXT,
	output_digest VARCHAR(64),
	file_digest VARCHAR(64),
	file_removed_at TIMESTAMP WITH TIME ZONE,
	code_version VARCHAR(64),
	measurements JSON NOT NULL,
	run_id VARCHAR(64),
	attempts INTEGER NOT NULL,
	started_at TIMESTAMP WITH TIME ZONE,
	finished_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_archive_stage PRIMARY KEY (archive_id, stage)
)

--;

CREATE INDEX ix_archive_stage_stage_arrival_day_state_finished_at ON archive_stage (stage, arrival_day, state, finished_at)

--;

CREATE INDEX ix_archive_stage_unfinished ON archive_stage (arrival_day, stage, archive_id) WHERE state IN ('waiting', 'running')

--;

COMMENT ON TABLE archive_stage IS 'State of every archive at the stages download and extract'

--;

COMMENT ON COLUMN archive_stage.stage IS 'download or extract'

--;

COMMENT ON COLUMN archive_stage.state IS 'waiting, running, done, quarantined or written_off'

--;

COMMENT ON COLUMN archive_stage.queued_at IS 'When it was last put before the stage'

--;

COMMENT ON COLUMN archive_stage.reason IS 'Reason code of the last refusal'

--;

COMMENT ON COLUMN archive_stage.detail IS 'Explanation of the last refusal'

--;

COMMENT ON COLUMN archive_stage.byte_offset IS 'Offset of the fault in the original bytes'

--;

COMMENT ON COLUMN archive_stage.frame IS 'Frame number of the fault'

--;

COMMENT ON COLUMN archive_stage.evidence IS 'Original bytes at the fault'

--;

COMMENT ON COLUMN archive_stage.output_path IS 'Path of the output in the lake'

--;

COMMENT ON COLUMN archive_stage.output_digest IS 'SHA-256 of the output or of its inputs'

--;

COMMENT ON COLUMN archive_stage.file_digest IS 'SHA-256 of the file at output_path, where several recordings share it'

--;

COMMENT ON COLUMN archive_stage.file_removed_at IS 'When retention removed its file'

--;

COMMENT ON COLUMN archive_stage.code_version IS 'Version of the code and configuration'

--;

COMMENT ON COLUMN archive_stage.measurements IS 'Values that the stage measured for its checks'

--;

COMMENT ON COLUMN archive_stage.run_id IS 'Last run that processed it'

--;

COMMENT ON COLUMN archive_stage.attempts IS 'Runs that started on it since an operator last put it back'

--;

CREATE TABLE member (
	archive_id VARCHAR(64) NOT NULL,
	path TEXT NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	outcome VARCHAR(12) NOT NULL,
	recording_id VARCHAR(64),
	size_bytes BIGINT NOT NULL,
	detail TEXT,
	CONSTRAINT pk_member PRIMARY KEY (archive_id, path)
)

--;

CREATE INDEX ix_member_arrival_day_outcome ON member (arrival_day, outcome)

--;

CREATE INDEX ix_member_recording_id ON member (recording_id)

--;

COMMENT ON TABLE member IS 'Files inside the archives'

--;

COMMENT ON COLUMN member.path IS 'Path inside the archive'

--;

COMMENT ON COLUMN member.outcome IS 'recording, duplicate, refused or other'

--;

COMMENT ON COLUMN member.detail IS 'Explanation of a refusal'

--;

CREATE TABLE recording (
	id VARCHAR(64) NOT NULL,
	archive_id VARCHAR(64) NOT NULL,
	member TEXT NOT NULL,
	recorder VARCHAR(64) NOT NULL,
	layout VARCHAR(128),
	tail VARCHAR(32) NOT NULL,
	named_tail VARCHAR(32),
	named_started_at TIMESTAMP WITH TIME ZONE,
	size_bytes BIGINT NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	arrived_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_recording PRIMARY KEY (id)
)

--;

CREATE INDEX ix_recording_tail_arrived_at ON recording (tail, arrived_at)

--;

CREATE INDEX ix_recording_arrival_day ON recording (arrival_day)

--;

CREATE INDEX ix_recording_archive_id ON recording (archive_id)

--;

COMMENT ON TABLE recording IS 'Distinct recordings'

--;

COMMENT ON COLUMN recording.id IS 'SHA-256 of its bytes'

--;

COMMENT ON COLUMN recording.member IS 'Path inside the archive'

--;

COMMENT ON COLUMN recording.recorder IS 'Recorder kind'

--;

COMMENT ON COLUMN recording.layout IS 'Layout of the frames'

--;

COMMENT ON COLUMN recording.tail IS 'Aircraft'

--;

COMMENT ON COLUMN recording.named_tail IS 'Aircraft by the archive''s name, if another one'

--;

COMMENT ON COLUMN recording.named_started_at IS 'Start by the file''s name'

--;

CREATE TABLE recording_stage (
	recording_id VARCHAR(64) NOT NULL,
	stage VARCHAR(16) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	state VARCHAR(12) NOT NULL,
	queued_at TIMESTAMP WITH TIME ZONE,
	reason VARCHAR(64),
	detail TEXT,
	byte_offset BIGINT,
	frame BIGINT,
	evidence BYTEA,
	bytes_in BIGINT,
	bytes_out BIGINT,
	rows_in BIGINT,
	rows_out BIGINT,
	output_path TEXT,
	output_digest VARCHAR(64),
	file_digest VARCHAR(64),
	file_removed_at TIMESTAMP WITH TIME ZONE,
	code_version VARCHAR(64),
	measurements JSON NOT NULL,
	run_id VARCHAR(64),
	attempts INTEGER NOT NULL,
	started_at TIMESTAMP WITH TIME ZONE,
	finished_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_recording_stage PRIMARY KEY (recording_id, stage)
)

--;

CREATE INDEX ix_recording_stage_unfinished ON recording_stage (arrival_day, stage, recording_id) WHERE state IN ('waiting', 'running')

--;

CREATE INDEX ix_recording_stage_stage_state_code_version_arrival_day_cfc3 ON recording_stage (stage, state, code_version, arrival_day, finished_at)

--;

CREATE INDEX ix_recording_stage_stage_arrival_day_state_finished_at ON recording_stage (stage, arrival_day, state, finished_at)

--;

COMMENT ON TABLE recording_stage IS 'State of every recording at the stages parse to load'

--;

COMMENT ON COLUMN recording_stage.stage IS 'parse to load'

--;

COMMENT ON COLUMN recording_stage.state IS 'waiting, running, done, quarantined or written_off'

--;

COMMENT ON COLUMN recording_stage.queued_at IS 'When it was last put before the stage'

--;

COMMENT ON COLUMN recording_stage.reason IS 'Reason code of the last refusal'

--;

COMMENT ON COLUMN recording_stage.detail IS 'Explanation of the last refusal'

--;

COMMENT ON COLUMN recording_stage.byte_offset IS 'Offset of the fault in the original bytes'

--;

COMMENT ON COLUMN recording_stage.frame IS 'Frame number of the fault'

--;

COMMENT ON COLUMN recording_stage.evidence IS 'Original bytes at the fault'

--;

COMMENT ON COLUMN recording_stage.output_path IS 'Path of the output in the lake'

--;

COMMENT ON COLUMN recording_stage.output_digest IS 'SHA-256 of the output or of its inputs'

--;

COMMENT ON COLUMN recording_stage.file_digest IS 'SHA-256 of the file at output_path, where several recordings share it'

--;

COMMENT ON COLUMN recording_stage.file_removed_at IS 'When retention removed its file'

--;

COMMENT ON COLUMN recording_stage.code_version IS 'Version of the code and configuration'

--;

COMMENT ON COLUMN recording_stage.measurements IS 'Values that the stage measured for its checks'

--;

COMMENT ON COLUMN recording_stage.run_id IS 'Last run that processed it'

--;

COMMENT ON COLUMN recording_stage.attempts IS 'Runs that started on it since an operator last put it back'

--;

CREATE TABLE day_count (
	arrival_day VARCHAR(10) NOT NULL,
	step VARCHAR(16) NOT NULL,
	state VARCHAR(16) NOT NULL,
	number INTEGER NOT NULL,
	finished_at TIMESTAMP WITH TIME ZONE,
	changed BIGINT NOT NULL,
	CONSTRAINT pk_day_count PRIMARY KEY (arrival_day, step, state)
)

--;

CREATE INDEX ix_day_count_changed ON day_count (changed)

--;

CREATE INDEX ix_day_count_present ON day_count (state, step, arrival_day, number) WHERE number > 0

--;

COMMENT ON TABLE day_count IS 'Rows of the ledger by arrival day, stage and state; triggers keep it'

--;

COMMENT ON COLUMN day_count.step IS 'A stage, arrival, member or algorithm_run'

--;

COMMENT ON COLUMN day_count.state IS 'State or outcome of the rows'

--;

COMMENT ON COLUMN day_count.number IS 'Number of rows; 0 when there are none now'

--;

COMMENT ON COLUMN day_count.finished_at IS 'Newest end of processing among the rows'

--;

COMMENT ON COLUMN day_count.changed IS 'Number of the transaction that changed it; readers continue from there'

--;

CREATE TABLE aircraft_count (
	tail VARCHAR(32) NOT NULL,
	number INTEGER NOT NULL,
	CONSTRAINT pk_aircraft_count PRIMARY KEY (tail)
)

--;

COMMENT ON TABLE aircraft_count IS 'Recordings by aircraft; triggers keep it'

--;

COMMENT ON COLUMN aircraft_count.tail IS 'Aircraft'

--;

COMMENT ON COLUMN aircraft_count.number IS 'Recordings; 0 when there are none now'

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
	since_at TIMESTAMP WITH TIME ZONE NOT NULL,
	observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	link TEXT NOT NULL,
	run_id VARCHAR(64),
	changed BIGINT NOT NULL,
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

COMMENT ON TABLE observation IS 'Newest result of every check'

--;

COMMENT ON COLUMN observation.part IS 'Part of the process, or empty'

--;

COMMENT ON COLUMN observation.arrival_day IS 'Empty for no particular day'

--;

COMMENT ON COLUMN observation.detail IS 'Measured value and limit'

--;

COMMENT ON COLUMN observation.since_at IS 'First result with this outcome'

--;

COMMENT ON COLUMN observation.changed IS 'Number of the transaction that saved it; readers continue from there'

--;

CREATE TABLE settled_history (
	declared VARCHAR(64) NOT NULL,
	saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
	database VARCHAR(64) NOT NULL,
	document TEXT NOT NULL,
	CONSTRAINT pk_settled_history PRIMARY KEY (declared)
)

--;

COMMENT ON TABLE settled_history IS 'Sums of settled arrival days, from which a new process continues; may be emptied'

--;

COMMENT ON COLUMN settled_history.declared IS 'Digest of the declared checks'

--;

COMMENT ON COLUMN settled_history.saved_at IS 'When it was saved'

--;

COMMENT ON COLUMN settled_history.database IS 'Server whose changes are numbered'

--;

COMMENT ON COLUMN settled_history.document IS 'Sums of settled days, and what is open'

--;

CREATE TABLE status_change (
	id BIGSERIAL NOT NULL,
	process VARCHAR(64) NOT NULL,
	from_status VARCHAR(12) NOT NULL,
	to_status VARCHAR(12) NOT NULL,
	reason TEXT NOT NULL,
	fingerprint VARCHAR(16) NOT NULL,
	health JSON NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_status_change PRIMARY KEY (id)
)

--;

CREATE INDEX ix_status_change_at ON status_change (at)

--;

CREATE INDEX ix_status_change_process_at ON status_change (process, at)

--;

COMMENT ON TABLE status_change IS 'History of process status; rows are never changed'

--;

COMMENT ON COLUMN status_change.from_status IS 'Empty for a new process'

--;

COMMENT ON COLUMN status_change.to_status IS 'Empty for a removed process'

--;

COMMENT ON COLUMN status_change.fingerprint IS 'Hash of status and causes; a row is also written when only causes change'

--;

COMMENT ON COLUMN status_change.health IS 'Health of the process as reported'

--;

CREATE TABLE status_day (
	day VARCHAR(10) NOT NULL,
	process VARCHAR(64) NOT NULL,
	status VARCHAR(12) NOT NULL,
	seconds FLOAT(53) NOT NULL,
	CONSTRAINT pk_status_day PRIMARY KEY (day, process, status)
)

--;

COMMENT ON TABLE status_day IS 'Seconds of each process in each status by day; time that no row has was not watched'

--;

COMMENT ON COLUMN status_day.day IS 'UTC day, as 2026-11-20'

--;

COMMENT ON COLUMN status_day.status IS 'Status in capitals'

--;

COMMENT ON COLUMN status_day.seconds IS 'Seconds of that day in this status'

--;

CREATE TABLE incident (
	id BIGSERIAL NOT NULL,
	fingerprint VARCHAR(64) NOT NULL,
	process VARCHAR(64) NOT NULL,
	check_name VARCHAR(128) NOT NULL,
	cause TEXT NOT NULL,
	severity VARCHAR(8) NOT NULL,
	state VARCHAR(16) NOT NULL,
	flapping BOOLEAN NOT NULL,
	failures INTEGER NOT NULL,
	max_failures INTEGER NOT NULL,
	opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	closed_at TIMESTAMP WITH TIME ZONE,
	document JSON NOT NULL,
	CONSTRAINT pk_incident PRIMARY KEY (id)
)

--;

CREATE INDEX ix_incident_opened_at ON incident (opened_at)

--;

CREATE INDEX ix_incident_closed_at ON incident (closed_at)

--;

CREATE UNIQUE INDEX uq_incident_one_open ON incident (fingerprint) WHERE closed_at IS NULL

--;

COMMENT ON TABLE incident IS 'Incidents; at most one with the same fingerprint is open'

--;

COMMENT ON COLUMN incident.fingerprint IS 'Hash of process, check and cause'

--;

COMMENT ON COLUMN incident.document IS 'The whole incident'

--;

CREATE TABLE streak (
	fingerprint VARCHAR(64) NOT NULL,
	document JSON NOT NULL,
	CONSTRAINT pk_streak PRIMARY KEY (fingerprint)
)

--;

COMMENT ON TABLE streak IS 'Failures and passes in a row of every cause, from which incidents open and close'

--;

COMMENT ON COLUMN streak.fingerprint IS 'That of the incident'

--;

CREATE TABLE delivery (
	incident_id BIGINT NOT NULL,
	kind VARCHAR(16) NOT NULL,
	sequence INTEGER NOT NULL,
	channel VARCHAR(128) NOT NULL,
	rule VARCHAR(64) NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	attempts INTEGER NOT NULL,
	error TEXT NOT NULL,
	outcome VARCHAR(8) NOT NULL,
	settled_at TIMESTAMP WITH TIME ZONE,
	batch INTEGER NOT NULL,
	CONSTRAINT pk_delivery PRIMARY KEY (incident_id, kind, sequence, channel)
)

--;

CREATE INDEX ix_delivery_settled_at ON delivery (settled_at)

--;

CREATE INDEX ix_delivery_outcome ON delivery (outcome)

--;

COMMENT ON TABLE delivery IS 'Messages about incidents to channels'

--;

COMMENT ON COLUMN delivery.sequence IS 'Number among its kind, for reminders'

--;

COMMENT ON COLUMN delivery.rule IS 'Alert rule that asked for it'

--;

COMMENT ON COLUMN delivery.error IS 'Error of the last attempt'

--;

COMMENT ON COLUMN delivery.outcome IS 'due, sent or dropped'

--;

COMMENT ON COLUMN delivery.settled_at IS 'When it was sent or dropped'

--;

COMMENT ON COLUMN delivery.batch IS 'Message of its alert cycle it went out in'

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
	uploaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_algorithm_run PRIMARY KEY (recording_id, algorithm, arrival_day)
)
 PARTITION BY RANGE (arrival_day)

--;

CREATE INDEX ix_algorithm_run_arrival_day ON algorithm_run (arrival_day)

--;

CREATE INDEX ix_algorithm_run_uploaded_at ON algorithm_run (uploaded_at)

--;

CREATE INDEX ix_algorithm_run_found ON algorithm_run (algorithm, version) WHERE findings > 0

--;

COMMENT ON TABLE algorithm_run IS 'Result of every algorithm on every recording'

--;

COMMENT ON COLUMN algorithm_run.version IS 'Version of the algorithm'

--;

COMMENT ON COLUMN algorithm_run.tail IS 'Aircraft'

--;

COMMENT ON COLUMN algorithm_run.outcome IS 'found, clear, not_applicable, failed'

--;

COMMENT ON COLUMN algorithm_run.reason IS 'Reason for the outcome'

--;

COMMENT ON COLUMN algorithm_run.findings IS 'Number of findings'

--;

CREATE TABLE finding (
	recording_id VARCHAR(64) NOT NULL,
	algorithm VARCHAR(128) NOT NULL,
	number INTEGER NOT NULL,
	tail VARCHAR(32) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	severity VARCHAR(16) NOT NULL,
	start_s FLOAT(53) NOT NULL,
	end_s FLOAT(53) NOT NULL,
	start_at TIMESTAMP WITH TIME ZONE,
	peak FLOAT(53),
	peak_at_s FLOAT(53),
	detail TEXT NOT NULL,
	CONSTRAINT pk_finding PRIMARY KEY (recording_id, algorithm, number, arrival_day)
)
 PARTITION BY RANGE (arrival_day)

--;

CREATE INDEX ix_finding_severity_start_at ON finding (severity, start_at)

--;

CREATE INDEX ix_finding_start_at ON finding (start_at)

--;

CREATE INDEX ix_finding_algorithm_start_at ON finding (algorithm, start_at)

--;

CREATE INDEX ix_finding_tail_start_at ON finding (tail, start_at)

--;

COMMENT ON TABLE finding IS 'Events that algorithms found in recordings'

--;

COMMENT ON COLUMN finding.number IS 'Position among the run''s findings'

--;

COMMENT ON COLUMN finding.tail IS 'Aircraft'

--;

COMMENT ON COLUMN finding.start_s IS 'Seconds since the recording''s start'

--;

COMMENT ON COLUMN finding.end_s IS 'Seconds since the recording''s start'

--;

COMMENT ON COLUMN finding.start_at IS 'Start in UTC, if the recording''s start is known'

--;

COMMENT ON COLUMN finding.peak IS 'Worst value'

--;

COMMENT ON COLUMN finding.peak_at_s IS 'Seconds since the recording''s start'

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

COMMENT ON TABLE finding_count IS 'Number of findings by month, kept in the transaction that loads results'

--;

COMMENT ON COLUMN finding_count.month IS 'UTC month of the start; empty if unknown'

--;

COMMENT ON COLUMN finding_count.tail IS 'Aircraft'

--;

COMMENT ON COLUMN finding_count.number IS 'Findings; 0 when there are none now'

--;

CREATE TABLE analysed_flight (
	recording_id VARCHAR(64) NOT NULL,
	tail VARCHAR(32) NOT NULL,
	month VARCHAR(7) NOT NULL,
	flown_s FLOAT(53) NOT NULL,
	CONSTRAINT pk_analysed_flight PRIMARY KEY (recording_id)
)

--;

CREATE INDEX ix_analysed_flight_month_tail_flown_s ON analysed_flight (month, tail, flown_s)

--;

CREATE INDEX ix_analysed_flight_tail_month_flown_s ON analysed_flight (tail, month, flown_s)

--;

COMMENT ON TABLE analysed_flight IS 'Recordings whose results are loaded, with their time in the air'

--;

COMMENT ON COLUMN analysed_flight.tail IS 'Aircraft'

--;

COMMENT ON COLUMN analysed_flight.month IS 'UTC month of the start; empty if unknown'

--;

COMMENT ON COLUMN analysed_flight.flown_s IS 'Seconds in the air'

--;

CREATE TABLE finding_triage (
	recording_id VARCHAR(64) NOT NULL,
	algorithm VARCHAR(128) NOT NULL,
	start_s FLOAT(53) NOT NULL,
	detail TEXT NOT NULL,
	severity VARCHAR(16) NOT NULL,
	state VARCHAR(16) NOT NULL,
	reason TEXT NOT NULL,
	operator VARCHAR(128) NOT NULL,
	judged_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_finding_triage PRIMARY KEY (recording_id, algorithm, start_s, detail)
)

--;

CREATE INDEX ix_finding_triage_state ON finding_triage (state)

--;

COMMENT ON TABLE finding_triage IS 'What people judged of findings; a finding without a row is new'

--;

COMMENT ON COLUMN finding_triage.start_s IS 'Start of the event that was judged'

--;

COMMENT ON COLUMN finding_triage.detail IS 'Its detail: two may begin at once'

--;

COMMENT ON COLUMN finding_triage.severity IS 'Severity that was judged, so that the judgement ends when it is another'

--;

COMMENT ON COLUMN finding_triage.state IS 'confirmed or dismissed'

--;

COMMENT ON COLUMN finding_triage.reason IS 'Reason in the operator''s words'

--;

COMMENT ON COLUMN finding_triage.operator IS 'Name of a person or API key'

--;

CREATE TABLE annotation (
	id BIGSERIAL NOT NULL,
	kind VARCHAR(16) NOT NULL,
	recording_id VARCHAR(64),
	algorithm VARCHAR(128),
	start_s FLOAT(53),
	end_s FLOAT(53),
	process VARCHAR(64),
	incident_id BIGINT,
	text TEXT NOT NULL,
	author VARCHAR(128) NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	edited_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_annotation PRIMARY KEY (id)
)

--;

CREATE INDEX ix_annotation_process ON annotation (process)

--;

CREATE INDEX ix_annotation_incident_id ON annotation (incident_id)

--;

CREATE INDEX ix_annotation_recording_id ON annotation (recording_id)

--;

COMMENT ON TABLE annotation IS 'What people wrote about recordings, findings, processes and incidents; only people change it'

--;

COMMENT ON COLUMN annotation.kind IS 'recording, finding, process or incident'

--;

COMMENT ON COLUMN annotation.recording_id IS 'Of a recording or a finding'

--;

COMMENT ON COLUMN annotation.algorithm IS 'Of a finding'

--;

COMMENT ON COLUMN annotation.start_s IS 'Seconds since the recording''s start; empty for the whole recording. With the algorithm it names a finding, so that an annotation outlives the finding''s number'

--;

COMMENT ON COLUMN annotation.end_s IS 'End of a range; empty for one second'

--;

COMMENT ON COLUMN annotation.process IS 'Of a process'

--;

COMMENT ON COLUMN annotation.incident_id IS 'Of an incident'

--;

COMMENT ON COLUMN annotation.text IS 'Plain text'

--;

COMMENT ON COLUMN annotation.author IS 'Name of a person or API key'

--;

COMMENT ON COLUMN annotation.edited_at IS 'Last change of the text; empty for none'

--;

CREATE TABLE finding_rule (
	rule VARCHAR(64) NOT NULL,
	started_at TIMESTAMP WITH TIME ZONE NOT NULL,
	planned_until_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_finding_rule PRIMARY KEY (rule)
)

--;

COMMENT ON TABLE finding_rule IS 'Alert rules that select findings'

--;

COMMENT ON COLUMN finding_rule.started_at IS 'Earlier findings are no news'

--;

COMMENT ON COLUMN finding_rule.planned_until_at IS 'Uploads looked at so far'

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

COMMENT ON TABLE finding_message IS 'Findings that a message was planned about: no other one will be'

--;

COMMENT ON COLUMN finding_message.tail IS 'Aircraft'

--;

COMMENT ON COLUMN finding_message.message IS 'Sequence of its delivery'

--;

CREATE TABLE declared_algorithm (
	name VARCHAR(128) NOT NULL,
	version VARCHAR(64) NOT NULL,
	declared_at TIMESTAMP WITH TIME ZONE NOT NULL,
	earlier_version VARCHAR(64),
	earlier_declared_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_declared_algorithm PRIMARY KEY (name)
)

--;

COMMENT ON TABLE declared_algorithm IS 'Algorithms that the YAML files declare: every analysed recording needs their answers'

--;

COMMENT ON COLUMN declared_algorithm.version IS 'Version of its meaning'

--;

COMMENT ON COLUMN declared_algorithm.declared_at IS 'When this version was first seen'

--;

COMMENT ON COLUMN declared_algorithm.earlier_version IS 'The one before; empty for the first'

--;

COMMENT ON COLUMN declared_algorithm.earlier_declared_at IS 'When that one was first seen'

--;

CREATE TABLE declared_version (
	stage VARCHAR(16) NOT NULL,
	recorder VARCHAR(128) NOT NULL,
	layout VARCHAR(128) NOT NULL,
	version VARCHAR(64) NOT NULL,
	declared_at TIMESTAMP WITH TIME ZONE NOT NULL,
	earlier_version VARCHAR(64),
	earlier_declared_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT pk_declared_version PRIMARY KEY (stage, recorder, layout)
)

--;

COMMENT ON TABLE declared_version IS 'Versions with which parse and store would process a recording now'

--;

COMMENT ON COLUMN declared_version.layout IS 'Empty for a recorder without one'

--;

COMMENT ON COLUMN declared_version.version IS 'Code version of the stage'

--;

COMMENT ON COLUMN declared_version.declared_at IS 'When this version was first seen'

--;

COMMENT ON COLUMN declared_version.earlier_version IS 'The one before; empty for the first'

--;

COMMENT ON COLUMN declared_version.earlier_declared_at IS 'When that one was first seen'

--;

CREATE TABLE recorded_format (
	digest VARCHAR(16) NOT NULL,
	parameters JSON NOT NULL,
	CONSTRAINT pk_recorded_format PRIMARY KEY (digest)
)

--;

COMMENT ON TABLE recorded_format IS 'Formats of recordings, each once; measurements of store name them by their digest'

--;

COMMENT ON COLUMN recorded_format.digest IS 'Digest of the parameters'

--;

COMMENT ON COLUMN recorded_format.parameters IS 'Rate, unit, lowest and highest value of each parameter with a sample'

--;

CREATE TABLE audit_log (
	id BIGSERIAL NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	operator VARCHAR(128) NOT NULL,
	origin VARCHAR(128) NOT NULL,
	action VARCHAR(64) NOT NULL,
	subject TEXT NOT NULL,
	reason TEXT NOT NULL,
	succeeded BOOLEAN NOT NULL,
	chain_hash VARCHAR(64) NOT NULL,
	CONSTRAINT pk_audit_log PRIMARY KEY (id)
)

--;

CREATE INDEX ix_audit_log_at ON audit_log (at)

--;

COMMENT ON TABLE audit_log IS 'Actions of operators; rows are never changed'

--;

COMMENT ON COLUMN audit_log.operator IS 'Name of a person or API key'

--;

COMMENT ON COLUMN audit_log.origin IS 'For example cli@host'

--;

COMMENT ON COLUMN audit_log.subject IS 'What the action was applied to'

--;

COMMENT ON COLUMN audit_log.chain_hash IS 'SHA-256 of the row and the hash before'

--;

CREATE TABLE lease (
	name VARCHAR(64) NOT NULL,
	holder VARCHAR(128) NOT NULL,
	rank INTEGER NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_lease PRIMARY KEY (name)
)

--;

COMMENT ON TABLE lease IS 'Work that one process at a time may do, until it stops renewing the lease'

--;

COMMENT ON COLUMN lease.name IS 'What one process at a time may do'

--;

COMMENT ON COLUMN lease.holder IS 'Process that holds it'

--;

COMMENT ON COLUMN lease.rank IS 'A higher rank takes it from a lower one'

--;

COMMENT ON COLUMN lease.expires_at IS 'Free from then on'

--;

CREATE TABLE running_step (
	stage VARCHAR(16) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	run_id VARCHAR(64) NOT NULL,
	host VARCHAR(255) NOT NULL,
	pid INTEGER NOT NULL,
	finished BIGINT NOT NULL,
	total BIGINT NOT NULL,
	begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
	moved_at TIMESTAMP WITH TIME ZONE NOT NULL,
	beat_at TIMESTAMP WITH TIME ZONE NOT NULL,
	limit_s FLOAT NOT NULL,
	CONSTRAINT pk_running_step PRIMARY KEY (stage, arrival_day)
)

--;

COMMENT ON TABLE running_step IS 'Steps in flight, each with its progress and the last heartbeat of its process'

--;

COMMENT ON COLUMN running_step.run_id IS 'Dagster run of the step'

--;

COMMENT ON COLUMN running_step.host IS 'Machine of the step''s process'

--;

COMMENT ON COLUMN running_step.pid IS 'Process of the step'

--;

COMMENT ON COLUMN running_step.finished IS 'Items that it has finished'

--;

COMMENT ON COLUMN running_step.total IS 'Items that it has to process'

--;

COMMENT ON COLUMN running_step.moved_at IS 'Its last progress'

--;

COMMENT ON COLUMN running_step.beat_at IS 'Its last heartbeat'

--;

COMMENT ON COLUMN running_step.limit_s IS 'Longest time without progress'

--;

CREATE TABLE scrub_share (
	number INTEGER NOT NULL,
	parts INTEGER NOT NULL,
	waits_since_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_scrub_share PRIMARY KEY (number)
)

--;

COMMENT ON TABLE scrub_share IS 'Equal shares of the lake and the results, which scrub reads one after the other'

--;

COMMENT ON COLUMN scrub_share.parts IS 'Number of shares'

--;

COMMENT ON COLUMN scrub_share.waits_since_at IS 'When it was last read'

--;

CREATE TABLE scrub_damage (
	stage VARCHAR(16) NOT NULL,
	path VARCHAR(1024) NOT NULL,
	item VARCHAR(64) NOT NULL,
	arrival_day VARCHAR(10) NOT NULL,
	reason VARCHAR(64) NOT NULL,
	detail TEXT NOT NULL,
	found_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT pk_scrub_damage PRIMARY KEY (stage, path, item)
)

--;

COMMENT ON TABLE scrub_damage IS 'Files and rows that scrub found damaged; gone when they are right again'

--;

COMMENT ON COLUMN scrub_damage.path IS 'Path in the lake'

--;

COMMENT ON COLUMN scrub_damage.item IS 'Archive or recording, one of them if shared'

--;

CREATE TABLE outside_system (
	process VARCHAR(64) NOT NULL,
	"check" VARCHAR(64) NOT NULL,
	kind VARCHAR(64) NOT NULL,
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
	error TEXT NOT NULL,
	described_at TIMESTAMP WITH TIME ZONE,
	description TEXT,
	CONSTRAINT pk_outside_system PRIMARY KEY (process, "check")
)

--;

COMMENT ON TABLE outside_system IS 'What other programs run, as their collectors last found it'

--;

COMMENT ON COLUMN outside_system.process IS 'Name of its process'

--;

COMMENT ON COLUMN outside_system."check" IS 'Name of the check that watches it'

--;

COMMENT ON COLUMN outside_system.kind IS 'Kind of the check'

--;

COMMENT ON COLUMN outside_system.asked_at IS 'When it was last asked'

--;

COMMENT ON COLUMN outside_system.error IS 'Why it could not be described then; or empty'

--;

COMMENT ON COLUMN outside_system.described_at IS 'When it was last described'

--;

COMMENT ON COLUMN outside_system.description IS 'What it runs, as JSON'

--;

CREATE FUNCTION count_archive_stage() RETURNS trigger AS $count$ BEGIN
PERFORM pg_advisory_xact_lock(7302146019);
IF TG_OP <> 'INSERT' THEN UPDATE day_count SET number = number - 1, finished_at = CASE WHEN OLD.finished_at < finished_at OR OLD.finished_at IS NULL THEN finished_at ELSE (SELECT max(finished_at) FROM archive_stage WHERE stage = OLD.stage AND arrival_day = OLD.arrival_day AND state = OLD.state) END, changed = CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) WHERE arrival_day = OLD.arrival_day AND step = OLD.stage AND state = OLD.state; END IF;
IF TG_OP <> 'DELETE' THEN INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, NEW.stage, NEW.state, 1, NEW.finished_at, CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed; END IF;
RETURN NULL;
END $count$ LANGUAGE plpgsql

--;

CREATE TRIGGER archive_stage_counted AFTER INSERT OR DELETE OR UPDATE OF stage, arrival_day, state, finished_at ON archive_stage FOR EACH ROW EXECUTE FUNCTION count_archive_stage()

--;

CREATE FUNCTION count_recording_stage() RETURNS trigger AS $count$ BEGIN
PERFORM pg_advisory_xact_lock(7302146019);
IF TG_OP <> 'INSERT' THEN UPDATE day_count SET number = number - 1, finished_at = CASE WHEN OLD.finished_at < finished_at OR OLD.finished_at IS NULL THEN finished_at ELSE (SELECT max(finished_at) FROM recording_stage WHERE stage = OLD.stage AND arrival_day = OLD.arrival_day AND state = OLD.state) END, changed = CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) WHERE arrival_day = OLD.arrival_day AND step = OLD.stage AND state = OLD.state; END IF;
IF TG_OP <> 'DELETE' THEN INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, NEW.stage, NEW.state, 1, NEW.finished_at, CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed; END IF;
RETURN NULL;
END $count$ LANGUAGE plpgsql

--;

CREATE TRIGGER recording_stage_counted AFTER INSERT OR DELETE OR UPDATE OF stage, arrival_day, state, finished_at ON recording_stage FOR EACH ROW EXECUTE FUNCTION count_recording_stage()

--;

CREATE FUNCTION count_arrival() RETURNS trigger AS $count$ BEGIN
PERFORM pg_advisory_xact_lock(7302146019);
IF TG_OP <> 'INSERT' THEN UPDATE day_count SET number = number - 1, changed = CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) WHERE arrival_day = OLD.arrival_day AND step = 'arrival' AND state = OLD.outcome; END IF;
IF TG_OP <> 'DELETE' THEN INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, 'arrival', NEW.outcome, 1, NULL, CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed; END IF;
RETURN NULL;
END $count$ LANGUAGE plpgsql

--;

CREATE TRIGGER arrival_counted AFTER INSERT OR DELETE OR UPDATE OF arrival_day, outcome ON arrival FOR EACH ROW EXECUTE FUNCTION count_arrival()

--;

CREATE FUNCTION count_member() RETURNS trigger AS $count$ BEGIN
PERFORM pg_advisory_xact_lock(7302146019);
IF TG_OP <> 'INSERT' THEN UPDATE day_count SET number = number - 1, changed = CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) WHERE arrival_day = OLD.arrival_day AND step = 'member' AND state = OLD.outcome; END IF;
IF TG_OP <> 'DELETE' THEN INSERT INTO day_count (arrival_day, step, state, number, finished_at, changed) VALUES (NEW.arrival_day, 'member', NEW.outcome, 1, NULL, CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)) ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + 1, finished_at = CASE WHEN excluded.finished_at > day_count.finished_at OR day_count.finished_at IS NULL THEN excluded.finished_at ELSE day_count.finished_at END, changed = excluded.changed; END IF;
RETURN NULL;
END $count$ LANGUAGE plpgsql

--;

CREATE TRIGGER member_counted AFTER INSERT OR DELETE OR UPDATE OF arrival_day, outcome ON member FOR EACH ROW EXECUTE FUNCTION count_member()

--;

CREATE FUNCTION count_algorithm_run_added() RETURNS trigger AS $count$ BEGIN
IF EXISTS (SELECT 1 FROM added) THEN
PERFORM pg_advisory_xact_lock(7302146019);
INSERT INTO day_count (arrival_day, step, state, number, changed) SELECT arrival_day, 'algorithm_run', outcome, count(*), CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) FROM added GROUP BY arrival_day, outcome ON CONFLICT (arrival_day, step, state) DO UPDATE SET number = day_count.number + excluded.number, changed = excluded.changed;
END IF;
RETURN NULL;
END $count$ LANGUAGE plpgsql

--;

CREATE TRIGGER algorithm_run_added_INSERT AFTER INSERT ON algorithm_run REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_algorithm_run_added()

--;

CREATE TRIGGER algorithm_run_added_UPDATE AFTER UPDATE ON algorithm_run REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_algorithm_run_added()

--;

CREATE FUNCTION count_algorithm_run_removed() RETURNS trigger AS $count$ BEGIN
IF EXISTS (SELECT 1 FROM removed) THEN
PERFORM pg_advisory_xact_lock(7302146019);
UPDATE day_count SET number = number - gone, changed = CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT) FROM (SELECT arrival_day, outcome, count(*) AS gone FROM removed GROUP BY arrival_day, outcome) AS lost WHERE day_count.arrival_day = lost.arrival_day AND day_count.step = 'algorithm_run' AND day_count.state = lost.outcome;
END IF;
RETURN NULL;
END $count$ LANGUAGE plpgsql

--;

CREATE TRIGGER algorithm_run_removed_DELETE AFTER DELETE ON algorithm_run REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_algorithm_run_removed()

--;

CREATE TRIGGER algorithm_run_removed_UPDATE AFTER UPDATE ON algorithm_run REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_algorithm_run_removed()

--;

CREATE FUNCTION count_recording_added() RETURNS trigger AS $count$ BEGIN
IF EXISTS (SELECT 1 FROM added) THEN
PERFORM pg_advisory_xact_lock(7302146019);
INSERT INTO aircraft_count (tail, number) SELECT tail, count(*) FROM added GROUP BY tail ON CONFLICT (tail) DO UPDATE SET number = aircraft_count.number + excluded.number;
END IF;
RETURN NULL;
END $count$ LANGUAGE plpgsql

--;

CREATE TRIGGER recording_added_INSERT AFTER INSERT ON recording REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_recording_added()

--;

CREATE TRIGGER recording_added_UPDATE AFTER UPDATE ON recording REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_recording_added()

--;

CREATE FUNCTION count_recording_removed() RETURNS trigger AS $count$ BEGIN
IF EXISTS (SELECT 1 FROM removed) THEN
PERFORM pg_advisory_xact_lock(7302146019);
UPDATE aircraft_count SET number = number - gone FROM (SELECT tail, count(*) AS gone FROM removed GROUP BY tail) AS lost WHERE aircraft_count.tail = lost.tail;
END IF;
RETURN NULL;
END $count$ LANGUAGE plpgsql

--;

CREATE TRIGGER recording_removed_DELETE AFTER DELETE ON recording REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_recording_removed()

--;

CREATE TRIGGER recording_removed_UPDATE AFTER UPDATE ON recording REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_recording_removed()

--;

CREATE FUNCTION number_observation() RETURNS trigger AS $number$ BEGIN NEW.changed := CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT); RETURN NEW; END $number$ LANGUAGE plpgsql

--;

CREATE TRIGGER observation_numbered BEFORE INSERT OR UPDATE ON observation FOR EACH ROW EXECUTE FUNCTION number_observation()

--;

CREATE FUNCTION forget_settled_history() RETURNS trigger AS $forget$ BEGIN DELETE FROM settled_history; RETURN NULL; END $forget$ LANGUAGE plpgsql

--;

CREATE TRIGGER observation_deleted AFTER DELETE ON observation FOR EACH STATEMENT EXECUTE FUNCTION forget_settled_history()

--;

CREATE TABLE algorithm_run_default PARTITION OF algorithm_run DEFAULT

--;

CREATE TABLE finding_default PARTITION OF finding DEFAULT

--;

CREATE VIEW judged_finding AS SELECT finding.recording_id, finding.algorithm, finding.number, finding.tail, finding.arrival_day, finding.severity, finding.start_s, finding.end_s, finding.start_at, finding.peak, finding.peak_at_s, finding.detail, coalesce(finding_triage.state, 'new') AS state, coalesce(finding_triage.reason, '') AS reason, coalesce(finding_triage.operator, '') AS operator, finding_triage.judged_at
FROM finding LEFT OUTER JOIN finding_triage ON finding_triage.recording_id = finding.recording_id AND finding_triage.algorithm = finding.algorithm AND finding_triage.start_s = finding.start_s AND finding_triage.detail = finding.detail AND finding_triage.severity = finding.severity

--;

CREATE VIEW flight_month AS SELECT analysed_flight.month, analysed_flight.tail, count(*) AS flights, sum(analysed_flight.flown_s) / CAST(3600.0 AS FLOAT(53)) AS flown_h
FROM analysed_flight GROUP BY analysed_flight.month, analysed_flight.tail

--;

CREATE VIEW finding_rate AS SELECT finding_count.month, finding_count.algorithm, finding_count.tail, finding_count.severity, finding_count.number AS findings, coalesce(dismissed.number, 0) AS dismissed, hours.flights, hours.flown_s / CAST(3600.0 AS FLOAT(53)) AS flown_h, CASE WHEN (hours.flown_s > 0) THEN (360000.0 * (finding_count.number - coalesce(dismissed.number, 0))) / CAST(hours.flown_s AS FLOAT(53)) END AS per_100_h
FROM finding_count LEFT OUTER JOIN (SELECT analysed_flight.month AS month, analysed_flight.tail AS tail, count(*) AS flights, sum(analysed_flight.flown_s) AS flown_s
FROM analysed_flight GROUP BY analysed_flight.month, analysed_flight.tail) AS hours ON hours.month = finding_count.month AND hours.tail = finding_count.tail LEFT OUTER JOIN (SELECT coalesce(to_char(timezone('UTC', finding.start_at), 'YYYY-MM'), '') AS month, finding.algorithm AS algorithm, finding.tail AS tail, finding.severity AS severity, count(*) AS number
FROM finding_triage JOIN finding ON finding_triage.recording_id = finding.recording_id AND finding_triage.algorithm = finding.algorithm AND finding_triage.start_s = finding.start_s AND finding_triage.detail = finding.detail AND finding_triage.severity = finding.severity
WHERE finding_triage.state = 'dismissed' GROUP BY coalesce(to_char(timezone('UTC', finding.start_at), 'YYYY-MM'), ''), finding.algorithm, finding.tail, finding.severity) AS dismissed ON finding_count.month = dismissed.month AND dismissed.algorithm = finding_count.algorithm AND dismissed.tail = finding_count.tail AND dismissed.severity = finding_count.severity
WHERE finding_count.number > 0
