from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.files.source import Listing, RefusedEntry, SourceFile
from dataflow_health.storage.ledger import landing_entries
from dataflow_health.storage.ledger.landing_entries import version_of
from dataflow_health_tests.factories import NOON

SOURCE = "/srv/landing"
AHEAD = SourceFile("ahead.zip", 10, NOON + timedelta(days=1800), None)
PAST = SourceFile("past.zip", 10, NOON - timedelta(days=1), None)
LINK = RefusedEntry("link.zip", "link", "link.zip is a link")
LATER = NOON + timedelta(seconds=5)


def found(engine: Engine) -> dict[str, str | None]:
    return {each.name: each.reason for each in landing_entries.find(engine, SOURCE)}


def test_what_is_not_taken_and_what_is_from_the_future_is_recorded(engine: Engine) -> None:
    listing = Listing((AHEAD,), (LINK,))
    first = landing_entries.update(engine, SOURCE, listing, set(), NOON)
    assert first[version_of(AHEAD)] == NOON
    assert found(engine) == {"ahead.zip": None, "link.zip": "link"}
    assert landing_entries.update(engine, SOURCE, listing, set(), LATER) == first
    assert landing_entries.find(engine, "/srv/other") == []


def test_a_file_from_the_future_that_changes_is_seen_for_the_first_time(engine: Engine) -> None:
    landing_entries.update(engine, SOURCE, Listing((AHEAD,), ()), set(), NOON)
    grown = SourceFile(AHEAD.name, 11, AHEAD.modified_at, None)
    first = landing_entries.update(engine, SOURCE, Listing((grown,), ()), set(), LATER)
    assert first == {version_of(grown): LATER}


def test_what_is_taken_or_gone_is_forgotten(engine: Engine) -> None:
    listing = Listing((AHEAD,), (LINK,))
    landing_entries.update(engine, SOURCE, listing, set(), NOON)
    landing_entries.update(engine, SOURCE, listing, {version_of(AHEAD)}, LATER)
    assert found(engine) == {"link.zip": "link"}
    landing_entries.update(engine, SOURCE, Listing((AHEAD,), ()), {version_of(AHEAD)}, LATER)
    assert found(engine) == {}


def test_a_file_that_download_refused_stays_until_it_is_taken(engine: Engine) -> None:
    landing_entries.refuse(engine, SOURCE, PAST, "unreadable", "past.zip: I/O error", NOON)
    landing_entries.update(engine, SOURCE, Listing((PAST,), ()), set(), LATER)
    assert found(engine) == {"past.zip": "unreadable"}
    landing_entries.update(engine, SOURCE, Listing((PAST,), ()), {version_of(PAST)}, LATER)
    assert found(engine) == {}


def test_a_refused_file_from_the_future_keeps_when_it_was_first_seen(engine: Engine) -> None:
    landing_entries.update(engine, SOURCE, Listing((AHEAD,), ()), set(), NOON)
    landing_entries.refuse(engine, SOURCE, AHEAD, "unreadable", "ahead.zip: I/O error", LATER)
    [entry] = landing_entries.find(engine, SOURCE)
    assert (entry.first_seen_at, entry.reason) == (NOON, "unreadable")


def test_a_complete_archive_is_recorded_until_it_is_taken_and_one_that_settles_is_not(
    engine: Engine,
) -> None:
    fresh = SourceFile("fresh.zip", 10, NOON - timedelta(seconds=1), None)
    listing = Listing((PAST, fresh), ())
    landing_entries.update(engine, SOURCE, listing, set(), NOON, 60)
    assert found(engine) == {"past.zip": None}
    landing_entries.update(engine, SOURCE, listing, {version_of(PAST)}, NOON, 1)
    assert found(engine) == {"fresh.zip": None}


def test_entries_of_another_source_are_forgotten(engine: Engine) -> None:
    landing_entries.update(engine, SOURCE, Listing((PAST,), ()), set(), NOON)
    landing_entries.update(engine, "/srv/other", Listing((), ()), set(), NOON)
    assert found(engine) == {}
