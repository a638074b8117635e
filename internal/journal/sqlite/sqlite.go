package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/poise-dev/poise/internal/journal"
	"github.com/poise-dev/poise/internal/journal/datadir"
)

// fileName is the database in the data directory.
const fileName = "poise.db"

// readers is how many reads may run at the same time.
const readers = 4

// Options are the settings of a Store.
type Options struct {
	// Now is the clock for events that come without a time; nil: time.Now.
	Now func() time.Time
}

// Store is a [journal.Store] in SQLite.
type Store struct {
	Reader
	dir    *datadir.Dir
	writer *sql.DB
	now    func() time.Time
}

// Reader is a [journal.Reader] over a record that somebody else may be writing.
type Reader struct {
	place string
	db    *sql.DB
}

// Open opens the record in dir for this process alone, and creates directory
// (mode 0700) and file when they are not there. Errors are
// [*journal.UnusableError].
func Open(dir string, o Options) (*Store, error) {
	claim, err := datadir.Claim(dir)
	if err != nil {
		return nil, err
	}
	s, err := open(dir, claim, o)
	if err != nil {
		_ = claim.Release()
		return nil, journal.Unusable(dir, unusable(dir, err))
	}
	return s, nil
}

func open(dir string, claim *datadir.Dir, o Options) (*Store, error) {
	path := claim.File(fileName)
	writer, err := sql.Open("sqlite", address(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)"},
	}))
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	if err := migrate(writer); err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	if err := claim.Sync(); err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	db, err := openReader(path, nil)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{Reader: Reader{place: dir, db: db}, dir: claim, writer: writer, now: o.Now}, nil
}

// OpenReadOnly opens the record in dir for reading, whether or not another
// process is writing it. Nothing is created or changed. Errors are
// [*journal.UnusableError]; the cause is CauseMissing where there is no record.
func OpenReadOnly(dir string) (*Reader, error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); err != nil {
		return nil, journal.Unusable(dir, err)
	}
	db, err := openReader(path, url.Values{"mode": {"ro"}})
	if err != nil && settled(path) {
		// A directory nobody can write to: SQLite cannot make the shared memory
		// file of the WAL, and with nothing in the WAL it does not need it.
		db, err = openReader(path, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	}
	if err != nil {
		return nil, journal.Unusable(dir, unusable(dir, err))
	}
	return &Reader{place: dir, db: db}, nil
}

// openReader opens path for queries only, and looks whether it is a record.
func openReader(path string, params url.Values) (*sql.DB, error) {
	if params == nil {
		params = url.Values{}
	}
	params["_pragma"] = []string{"busy_timeout(5000)", "query_only(1)"}
	db, err := sql.Open("sqlite", address(path, params))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(readers)
	found, err := versionOf(db)
	if err == nil && found != version {
		err = foreign(found)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// settled tells that nothing waits in the WAL of the database at path.
func settled(path string) bool {
	info, err := os.Stat(path + "-wal")
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}

// address is the name under which the driver opens path.
func address(path string, params url.Values) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: params.Encode()}
	return u.String()
}

// migrate brings an empty database to the present schema version.
func migrate(db *sql.DB) error {
	found, err := versionOf(db)
	switch {
	case err != nil:
		return err
	case found == version:
		return nil
	case found != 0:
		return foreign(found)
	}
	ctx := context.Background()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func versionOf(db *sql.DB) (int, error) {
	var found int
	err := db.QueryRowContext(context.Background(), "PRAGMA user_version").Scan(&found)
	return found, err
}

// Append implements [journal.Writer].
func (s *Store) Append(ctx context.Context, e journal.Event) (journal.Event, error) {
	now := s.now()
	if e.At.IsZero() {
		e.At = now
	}
	if e.KnownAt.IsZero() {
		e.KnownAt = now
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		var last journal.Mark
		err := tx.QueryRowContext(ctx, selectLast).Scan(&last.Seq, &last.Hash)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if e, err = last.Seal(e); err != nil {
			return err
		}
		return insert(ctx, tx, e)
	})
	if err != nil {
		return journal.Event{}, err
	}
	return e, nil
}

// AppendTick implements [journal.Writer].
func (s *Store) AppendTick(ctx context.Context, run string, seq int, data json.RawMessage) error {
	if !json.Valid(data) {
		return fmt.Errorf("record tick %d of run %s: not JSON", seq, run)
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		var last sql.NullInt64
		if err := tx.QueryRowContext(ctx, lastTick, run).Scan(&last); err != nil {
			return err
		}
		if last.Valid && int64(seq) <= last.Int64 {
			return fmt.Errorf("record tick %d of run %s: the last one was %d", seq, run, last.Int64)
		}
		_, err := tx.ExecContext(ctx, insertTick, run, seq, string(data))
		return err
	})
}

// Redact deletes the text and data of an event, for good: the space they took
// is overwritten. The head of the event and the chain stay.
func (s *Store) Redact(ctx context.Context, seq uint64) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM bodies WHERE seq = ?", seq)
		return err
	})
	if err != nil {
		return err
	}
	_, err = s.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return unusable(s.place, err)
}

// Close closes the record and lets another process write it.
func (s *Store) Close() error {
	return errors.Join(s.db.Close(), s.writer.Close(), s.dir.Release())
}

// write runs change in a transaction of its own. When write returns nil, the
// change is durable.
func (s *Store) write(ctx context.Context, change func(*sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return unusable(s.place, err)
	}
	if err := change(tx); err != nil {
		_ = tx.Rollback()
		return unusable(s.place, err)
	}
	if err := tx.Commit(); err != nil {
		// SQLite keeps a transaction open whose commit found no room.
		_ = tx.Rollback()
		return unusable(s.place, err)
	}
	return nil
}
