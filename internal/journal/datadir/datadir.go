// Package datadir is the directory a record lives in: private to its user, and
// written by one process at a time.
package datadir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/poise-dev/poise/internal/journal"
)

// lockName is the file that is locked while a process writes the record.
const lockName = "poise.lock"

// errHeld is what lock returns when another process holds the file.
var errHeld = errors.New("held by another process")

// Dir is a directory that this process has claimed.
type Dir struct {
	path string
	lock *os.File
}

// Claim makes this process the only writer of the directory at path, which is
// created (mode 0700) if need be. Errors are [*journal.UnusableError]; the cause
// is CauseInUse when another process has claimed it. The claim ends with the
// process, or with Release.
func Claim(path string) (*Dir, error) {
	if err := create(path); err != nil {
		return nil, journal.Unusable(path, err)
	}
	name := filepath.Join(path, lockName)
	file, err := lock(name)
	if errors.Is(err, errHeld) {
		return nil, &journal.UnusableError{Place: path, Cause: journal.CauseInUse, Err: holder(name)}
	}
	if err != nil {
		return nil, journal.Unusable(path, err)
	}
	sign(file)
	return &Dir{path: path, lock: file}, nil
}

// File returns the path of a file in the directory.
func (d *Dir) File(name string) string { return filepath.Join(d.path, name) }

// Sync makes the names of files created in the directory durable.
func (d *Dir) Sync() error { return sync(d.path) }

// Release ends the claim.
func (d *Dir) Release() error { return unlock(d.lock) }

// create makes path and its parents, durably.
func create(path string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is not a directory", path)
		}
		return nil
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return sync(filepath.Dir(filepath.Clean(path)))
}

func sync(path string) error {
	dir, err := os.Open(path) //nolint:gosec // the path is the user's own setting
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// sign writes the process id into the lock file, for people. A full disk leaves
// it empty.
func sign(file *os.File) {
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
}

// holder says who holds the lock file, as far as it tells.
func holder(name string) error {
	file, err := os.Open(name) //nolint:gosec // a file of the user's own directory
	if err != nil {
		return errHeld
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, 32))
	if pid := strings.TrimSpace(string(text)); err == nil && pid != "" {
		return fmt.Errorf("held by process %s", pid)
	}
	return errHeld
}
