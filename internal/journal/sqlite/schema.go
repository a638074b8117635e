package sqlite

// version is the schema version this package reads and writes (user_version).
const version = 1

// schema creates version 1. The head of an event stands in events, for ever;
// text and data stand in bodies, where they can be deleted. Times are RFC 3339
// in UTC with nine decimals, so that they sort as text.
const schema = `
CREATE TABLE events (
	seq         INTEGER PRIMARY KEY,
	id          TEXT NOT NULL,
	at          TEXT NOT NULL,
	known_at    TEXT NOT NULL,
	source      TEXT NOT NULL,
	kind        TEXT NOT NULL,
	subject     TEXT NOT NULL,
	run         TEXT NOT NULL,
	because     TEXT NOT NULL,
	text_digest TEXT NOT NULL,
	data_digest TEXT NOT NULL,
	prev_hash   TEXT NOT NULL,
	hash        TEXT NOT NULL
) STRICT;
CREATE INDEX events_run  ON events (run, seq);
CREATE INDEX events_kind ON events (kind, seq);
CREATE INDEX events_at   ON events (at);

CREATE TABLE bodies (
	seq  INTEGER PRIMARY KEY REFERENCES events (seq),
	text TEXT NOT NULL,
	data TEXT
) STRICT;

CREATE TABLE ticks (
	run  TEXT NOT NULL,
	seq  INTEGER NOT NULL,
	data TEXT NOT NULL,
	PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER events_last BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER bodies_stay BEFORE UPDATE ON bodies BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER ticks_stay  BEFORE UPDATE ON ticks  BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER ticks_last  BEFORE DELETE ON ticks  BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;

PRAGMA user_version = 1;
`

const (
	insertEvent = `INSERT INTO events (seq, id, at, known_at, source, kind, subject, run, because, text_digest, data_digest, prev_hash, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertBody  = `INSERT INTO bodies (seq, text, data) VALUES (?, ?, ?)`
	insertTick  = `INSERT INTO ticks (run, seq, data) VALUES (?, ?, ?)`
	selectLast  = `SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1`
	selectTicks = `SELECT seq, data FROM ticks WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?`
	lastTick    = `SELECT max(seq) FROM ticks WHERE run = ?`
	selectEvent = `SELECT e.seq, e.id, e.at, e.known_at, e.source, e.kind, e.subject, e.run, e.because,
		e.text_digest, e.data_digest, e.prev_hash, e.hash, b.seq IS NOT NULL, coalesce(b.text, ''), b.data
		FROM events e LEFT JOIN bodies b ON b.seq = e.seq`
)
