package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Cause is why a record cannot be used.
type Cause string

// The causes. Their text is what people read.
const (
	CauseFull       Cause = "the disk is full"
	CauseReadOnly   Cause = "the file system is read-only"
	CausePermission Cause = "permission is denied"
	CauseInUse      Cause = "another process is writing it"
	CauseMissing    Cause = "there is no record"
	CauseBroken     Cause = "its chain is broken"
	CauseForeign    Cause = "it is not a record, or from a newer poise"
	CauseOther      Cause = "it cannot be used"
)

// UnusableError says why a record can be neither opened nor written.
type UnusableError struct {
	Place string // directory or file
	Cause Cause
	Err   error // what the system said
}

// Unusable wraps err with its cause, read from the system error inside it. It
// returns nil for nil, and an [*UnusableError] as it is.
func Unusable(place string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*UnusableError](err); ok {
		return err
	}
	return &UnusableError{Place: place, Cause: causeOf(err), Err: err}
}

func (e *UnusableError) Error() string {
	return fmt.Sprintf("record %s: %s: %v", e.Place, e.Cause, e.Err)
}

func (e *UnusableError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *UnusableError) Hint() string {
	switch e.Cause {
	case CauseFull:
		return "free some space; the next event tries again"
	case CauseReadOnly, CausePermission:
		return "choose a directory this user can write with --data"
	case CauseInUse:
		return "stop the other process, or choose another directory with --data"
	case CauseMissing:
		return "check --data"
	case CauseBroken:
		return "poise timeline verify says where; move the directory aside to start a new record"
	case CauseForeign:
		return "choose another directory with --data, or a newer poise"
	default:
		return ""
	}
}

func causeOf(err error) Cause {
	if _, ok := errors.AsType[*BrokenError](err); ok {
		return CauseBroken
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return CauseFull
	case errors.Is(err, syscall.EROFS):
		return CauseReadOnly
	case errors.Is(err, fs.ErrPermission):
		return CausePermission
	case errors.Is(err, fs.ErrNotExist):
		return CauseMissing
	default:
		return CauseOther
	}
}
