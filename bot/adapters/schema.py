"""The tables, and how an older database becomes a newer one. `PRAGMA user_version` counts the steps taken."""

from __future__ import annotations

import sqlite3

# Times are seconds since 1970 (REAL), durations seconds; BLOB columns hold zlib-compressed UTF-8; lists are JSON.
_STEPS = (
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    CREATE TABLE hosts (
        host TEXT PRIMARY KEY,                  -- name:port, the unit of politeness
        connections INTEGER NOT NULL DEFAULT 1, -- visits at a time
        slow INTEGER NOT NULL DEFAULT 0,        -- timed out last time: polled in a lane of its own
        next_due REAL                           -- earliest due time of its unclaimed feeds, NULL for none
    ) WITHOUT ROWID;
    CREATE INDEX hosts_due ON hosts (slow, next_due) WHERE next_due IS NOT NULL;

    CREATE TABLE visits (
        token TEXT PRIMARY KEY,
        host TEXT NOT NULL,
        worker TEXT NOT NULL,
        lease_until REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX visits_host ON visits (host);

    CREATE TABLE feeds (
        id INTEGER PRIMARY KEY,
        url TEXT NOT NULL UNIQUE,
        host TEXT NOT NULL,
        active INTEGER NOT NULL DEFAULT 1,      -- in the config
        name TEXT NOT NULL DEFAULT '',
        title TEXT NOT NULL DEFAULT '',         -- what it calls itself
        owner TEXT NOT NULL DEFAULT '',
        every_s REAL,
        read TEXT NOT NULL DEFAULT 'auto',
        etag TEXT NOT NULL DEFAULT '',
        last_modified TEXT NOT NULL DEFAULT '',
        body_hash TEXT NOT NULL DEFAULT '',
        ttl_s REAL,                             -- least interval that the feed itself asks for
        full_at REAL,                           -- last full answer: validators may lie
        failures INTEGER NOT NULL DEFAULT 0,
        stopped INTEGER NOT NULL DEFAULT 0,
        asked_at REAL,                          -- last poll, whatever came
        polled_at REAL,                         -- last poll with a readable answer
        next_poll_at REAL NOT NULL,
        why TEXT NOT NULL DEFAULT '',
        error TEXT NOT NULL DEFAULT '',
        visit TEXT                              -- token of the visit that has it now
    );
    CREATE INDEX feeds_due ON feeds (host, next_poll_at) WHERE active AND NOT stopped AND visit IS NULL;

    CREATE TABLE shown (
        feed_id INTEGER NOT NULL,
        raw_id TEXT NOT NULL,
        item_hash TEXT NOT NULL,
        gone_at REAL,                           -- when the feed stopped showing it, NULL while it does
        PRIMARY KEY (feed_id, raw_id)
    ) WITHOUT ROWID;

    CREATE TABLE entries (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        feed_id INTEGER NOT NULL,
        raw_id TEXT NOT NULL,
        item_hash TEXT NOT NULL,
        url TEXT NOT NULL,
        page TEXT NOT NULL,                     -- its canonical address
        host TEXT NOT NULL,                     -- of the page: name:port
        title TEXT NOT NULL,
        summary BLOB NOT NULL,
        language TEXT NOT NULL,
        publisher TEXT NOT NULL,                -- who published it, where the feed gathers others' entries
        published_at REAL,
        seen_at REAL NOT NULL,
        baseline INTEGER NOT NULL,
        state TEXT NOT NULL,                    -- new, wanted (its page), read, judged, dropped
        due_at REAL NOT NULL DEFAULT 0,
        lease_until REAL NOT NULL DEFAULT 0,    -- a thread is reading its page
        strikes INTEGER NOT NULL DEFAULT 0,
        edits INTEGER NOT NULL DEFAULT 0,
        reason TEXT NOT NULL DEFAULT '',
        story_id TEXT
    );
    CREATE INDEX entries_new ON entries (seq) WHERE state = 'new';
    CREATE INDEX entries_wanted ON entries (due_at, seq) WHERE state = 'wanted';
    CREATE INDEX entries_read ON entries (seq) WHERE state = 'read';
    CREATE INDEX entries_seen ON entries (seen_at);
    CREATE INDEX entries_page ON entries (page);
    CREATE INDEX entries_story ON entries (story_id) WHERE story_id IS NOT NULL;

    CREATE TABLE articles (
        entry_id TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        language TEXT NOT NULL,
        source TEXT NOT NULL,
        note TEXT NOT NULL,
        body BLOB,                              -- NULL: the entry's summary is the body
        read_at REAL NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE findings (
        entry_id TEXT PRIMARY KEY,
        score REAL NOT NULL,
        finding BLOB NOT NULL,                  -- JSON
        judged_at REAL NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE stories (
        id TEXT PRIMARY KEY,
        headline TEXT NOT NULL,
        url TEXT NOT NULL,
        first_seen REAL NOT NULL,
        last_seen REAL NOT NULL,
        people TEXT NOT NULL,
        organisations TEXT NOT NULL,
        destinations TEXT NOT NULL,
        kinds TEXT NOT NULL,
        score REAL NOT NULL,
        articles INTEGER NOT NULL,
        told INTEGER NOT NULL,
        baseline INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX stories_seen ON stories (last_seen);

    CREATE TABLE story_keys (
        key TEXT NOT NULL,
        story_id TEXT NOT NULL,
        PRIMARY KEY (key, story_id)
    ) WITHOUT ROWID;
    CREATE INDEX story_keys_story ON story_keys (story_id);

    CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order in which a channel gets its messages
        key TEXT NOT NULL UNIQUE,
        channel TEXT NOT NULL,
        verb TEXT NOT NULL,
        story_id TEXT NOT NULL,
        message BLOB NOT NULL,                  -- JSON {text, blocks, metadata}
        created_at REAL NOT NULL,
        due_at REAL NOT NULL,
        target TEXT NOT NULL,
        target_ts TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        looks INTEGER NOT NULL,
        plain INTEGER NOT NULL,
        started_at REAL,
        ts TEXT NOT NULL,
        sweep_at REAL,
        error TEXT NOT NULL
    );
    CREATE INDEX outbox_open ON outbox (channel, seq) WHERE state IN ('pending', 'sending', 'parked');
    CREATE INDEX outbox_started ON outbox (channel, started_at);
    CREATE INDEX outbox_sweeps ON outbox (sweep_at) WHERE sweep_at IS NOT NULL;
    """,
    """
    ALTER TABLE stories ADD COLUMN saga TEXT NOT NULL DEFAULT '';    -- stories of one saga are one affair
    ALTER TABLE stories ADD COLUMN telling BLOB;                     -- JSON, NULL for none
    UPDATE stories SET saga = id;
    ALTER TABLE story_keys ADD COLUMN seen REAL NOT NULL DEFAULT 0;  -- when the story got the key
    UPDATE story_keys SET seen = coalesce((SELECT last_seen FROM stories WHERE id = story_id), 0);
    CREATE INDEX story_keys_latest ON story_keys (key, seen DESC, story_id);
    """,
    """
    ALTER TABLE outbox ADD COLUMN broadcast INTEGER NOT NULL DEFAULT 0;  -- a reply that stands in the channel, too
    CREATE INDEX outbox_story ON outbox (story_id);
    CREATE INDEX outbox_target ON outbox (target) WHERE target <> '';
    CREATE INDEX stories_saga ON stories (saga);

    CREATE TABLE orders (                       -- what a person asked to be changed
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        verb TEXT NOT NULL,
        person TEXT NOT NULL,
        story TEXT NOT NULL,                    -- '' for any
        fields TEXT NOT NULL,                   -- JSON
        asked_by TEXT NOT NULL,
        asked_at REAL NOT NULL,
        outcome TEXT NOT NULL DEFAULT ''        -- '' while it is open
    );
    CREATE INDEX orders_open ON orders (number) WHERE outcome = '';
    ALTER TABLE feeds ADD COLUMN address TEXT NOT NULL DEFAULT '';       -- where it is asked, if it has moved
    ALTER TABLE feeds ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';      -- where its server says it lies now
    ALTER TABLE feeds ADD COLUMN moved_times INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE feeds ADD COLUMN moved_since REAL;
    ALTER TABLE feeds ADD COLUMN base REAL;                              -- moment that its updates are counted from
    ALTER TABLE feeds ADD COLUMN skip TEXT NOT NULL DEFAULT '';          -- JSON [[hours], [days]] in which not to ask
    ALTER TABLE feeds ADD COLUMN fresh_s REAL;                           -- how long its last full answer was fresh
    ALTER TABLE feeds ADD COLUMN gap_s REAL;                             -- see Pace
    ALTER TABLE feeds ADD COLUMN reach_s REAL;
    ALTER TABLE feeds ADD COLUMN bound_s REAL;
    ALTER TABLE feeds ADD COLUMN overlap REAL;
    ALTER TABLE feeds ADD COLUMN missed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE feeds ADD COLUMN news_at REAL;
    ALTER TABLE feeds ADD COLUMN told_at REAL;
    ALTER TABLE feeds ADD COLUMN tally_since REAL;                       -- see Tally
    ALTER TABLE feeds ADD COLUMN polls INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE feeds ADD COLUMN conditional INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE feeds ADD COLUMN not_modified INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE feeds ADD COLUMN octets INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE feeds ADD COLUMN condition TEXT NOT NULL DEFAULT '';     -- what ails it, '' for nothing
    ALTER TABLE feeds ADD COLUMN condition_since REAL;
    UPDATE feeds SET news_at = (SELECT max(min(coalesce(published_at, seen_at), seen_at)) FROM entries
        WHERE feed_id = feeds.id);
    ALTER TABLE hosts ADD COLUMN alone_until REAL NOT NULL DEFAULT 0;    -- it asked to be left alone (Retry-After)

    CREATE TABLE preferences (                  -- mutes and follows that readers asked for
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        verb TEXT NOT NULL,                     -- mute, follow
        subject TEXT NOT NULL,                  -- source, organisation, person, story, any
        what TEXT NOT NULL,
        label TEXT NOT NULL,
        channel TEXT NOT NULL,
        asked_by TEXT NOT NULL,
        asked_at REAL NOT NULL,
        until REAL                              -- NULL: for good; undone: the moment it was
    );
    CREATE INDEX preferences_until ON preferences (until);

    CREATE TABLE feedback (                     -- what readers said of alerts, and of what was none
        kind TEXT NOT NULL,                     -- not_relevant, wrong_fact, duplicate, missed
        about TEXT NOT NULL,                    -- a story's id, or an address
        given_by TEXT NOT NULL,
        given_at REAL NOT NULL,
        item BLOB NOT NULL,                     -- JSON {url, title, text, language, score, features}
        PRIMARY KEY (about, given_by, kind)
    ) WITHOUT ROWID;

    CREATE TABLE heard (                        -- what came from Slack and was acted on: a redelivery changes nothing
        id TEXT PRIMARY KEY,
        at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX heard_at ON heard (at);
    """,
    """
    CREATE TABLE held (                         -- stories that a channel is owed, but not at once
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        channel TEXT NOT NULL,
        story_id TEXT NOT NULL,
        reason TEXT NOT NULL,
        owed_at REAL NOT NULL,
        until REAL,                             -- NULL: in the next daily digest
        note TEXT NOT NULL,
        settled_by TEXT NOT NULL                -- key of the message that told it, '' while it waits
    );
    CREATE UNIQUE INDEX held_open ON held (channel, story_id) WHERE settled_by = '';
    CREATE INDEX held_due ON held (until) WHERE settled_by = '';
    CREATE INDEX held_story ON held (story_id);
    ALTER TABLE findings ADD COLUMN keys BLOB;  -- JSON: what an article without a story was looked for by
    """,
)

VERSION = len(_STEPS)


def migrate(connection: sqlite3.Connection) -> int:
    """Bring the database to VERSION, one committed step at a time; returns the version it had."""
    had = int(connection.execute("PRAGMA user_version").fetchone()[0])
    for number, step in enumerate(_STEPS[had:], start=had + 1):
        connection.executescript(f"BEGIN IMMEDIATE;\n{step}\nPRAGMA user_version = {number};\nCOMMIT;")
    return had
