//go:build !unix || solaris || aix

package datadir

import (
	"errors"
	"io/fs"
	"os"
)

// lock creates name, which must not exist. A process that was killed leaves it
// behind; the error then says where it is, and a person removes it.
func lock(name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, errHeld
	}
	return file, err
}

func unlock(file *os.File) error {
	return errors.Join(file.Close(), os.Remove(file.Name()))
}
