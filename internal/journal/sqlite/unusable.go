package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/poise-dev/poise/internal/journal"
)

// unusable gives an error of SQLite its cause. Errors that are not about the
// place (an event without a kind, a context that ended) stay as they are.
func unusable(place string, err error) error {
	if known, ok := errors.AsType[*journal.UnusableError](err); ok {
		if known.Place == "" {
			known.Place = place
		}
		return known
	}
	if code, ok := errors.AsType[*driver.Error](err); ok {
		return &journal.UnusableError{Place: place, Cause: causeOf(code.Code()), Err: err}
	}
	return err
}

// causeOf reads an SQLite result code; the low byte is the primary code.
func causeOf(code int) journal.Cause {
	switch code & 0xff {
	case codes.SQLITE_FULL:
		return journal.CauseFull
	case codes.SQLITE_READONLY:
		return journal.CauseReadOnly
	case codes.SQLITE_PERM, codes.SQLITE_CANTOPEN, codes.SQLITE_AUTH:
		return journal.CausePermission
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return journal.CauseInUse
	case codes.SQLITE_CORRUPT:
		return journal.CauseBroken
	case codes.SQLITE_NOTADB:
		return journal.CauseForeign
	default:
		return journal.CauseOther
	}
}

// foreign says that a database has a schema version this package does not know.
func foreign(found int) error {
	return &journal.UnusableError{
		Cause: journal.CauseForeign,
		Err:   fmt.Errorf("its schema version is %d, this poise knows %d", found, version),
	}
}
