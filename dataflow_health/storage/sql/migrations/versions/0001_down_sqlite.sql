DROP VIEW IF EXISTS finding_rate

--;

DROP VIEW IF EXISTS flight_month

--;

DROP VIEW IF EXISTS judged_finding

--;

DROP TABLE outside_system

--;

DROP TABLE scrub_damage

--;

DROP TABLE scrub_share

--;

DROP TABLE running_step

--;

DROP TABLE lease

--;

DROP TABLE audit_log

--;

DROP TABLE recorded_format

--;

DROP TABLE declared_version

--;

DROP TABLE declared_algorithm

--;

DROP TABLE finding_message

--;

DROP TABLE finding_rule

--;

DROP TABLE annotation

--;

DROP TABLE finding_triage

--;

DROP TABLE analysed_flight

--;

DROP TABLE finding_count

--;

DROP TABLE finding

--;

DROP TABLE algorithm_run

--;

DROP TABLE delivery

--;

DROP TABLE streak

--;

DROP TABLE incident

--;

DROP TABLE status_day

--;

DROP TABLE status_change

--;

DROP TABLE settled_history

--;

DROP TABLE observation

--;

DROP TABLE aircraft_count

--;

DROP TABLE day_count

--;

DROP TABLE recording_stage

--;

DROP TABLE recording

--;

DROP TABLE member

--;

DROP TABLE archive_stage

--;

DROP TABLE landing_entry

--;

DROP TABLE arrival

--;

DROP TABLE archive
