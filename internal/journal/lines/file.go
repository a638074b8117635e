package lines

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// longest is the longest line that is read, in bytes. Writers refuse more.
const longest = 16 << 20

// file is an append-only file of whole lines.
type file struct {
	*os.File
	end   int64 // of the last whole line
	dirty bool  // something may stand behind end
}

// openFile opens the file at path, and creates it when it is not there. take is
// given each whole line and tells whether it could have been written by us;
// what follows the last such line, if it is a torn last line, is set aside.
func openFile(path string, take func(line []byte) error) (*file, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is the user's own setting
	if err != nil {
		return nil, err
	}
	end, torn, err := scan(f, take)
	if err == nil && torn {
		err = setAside(f, end)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &file{File: f, end: end}, nil
}

// errTorn is what a take function returns for bytes that are no whole line.
var errTorn = errors.New("not a whole line")

// scan reads r line by line. It returns where the last whole line ends, and
// whether a torn one follows: one without its newline, or a last one that take
// calls torn. A torn line with lines behind it was not torn by a crash.
func scan(r io.Reader, take func(line []byte) error) (end int64, torn bool, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	for n := 1; ; n++ {
		line, err := readLine(in)
		switch {
		case errors.Is(err, io.EOF):
			return end, len(line) > 0, nil
		case err != nil:
			return end, false, fmt.Errorf("line %d: %w", n, err)
		}
		if err := take(line); err != nil {
			if _, more := in.Peek(1); errors.Is(err, errTorn) && errors.Is(more, io.EOF) {
				return end, true, nil
			}
			return end, false, err
		}
		end += int64(len(line)) + 1
	}
}

// readLine returns the next line without its newline. At the end it returns
// io.EOF, and the bytes that no newline follows.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		case len(line) > longest:
			return nil, fmt.Errorf("longer than %d bytes", longest)
		}
	}
}

// setAside appends what stands behind end to a file beside f, and cuts it off.
func setAside(f *os.File, end int64) error {
	aside, err := os.OpenFile(f.Name()+".torn", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Seek(end, io.SeekStart); err != nil {
		return errors.Join(err, aside.Close())
	}
	_, err = io.Copy(aside, f)
	if err == nil {
		_, err = aside.WriteString("\n")
	}
	if err := errors.Join(err, aside.Sync(), aside.Close()); err != nil {
		return err
	}
	return errors.Join(f.Truncate(end), f.Sync())
}

// add appends line and its newline, and returns once they are durable. When it
// fails, the file ends where it ended before, at the latest when the next line
// is added.
func (f *file) add(line []byte) error {
	if len(line) > longest {
		return fmt.Errorf("a line of %d bytes; the longest is %d", len(line), longest)
	}
	if err := f.heal(); err != nil {
		return err
	}
	f.dirty = true
	_, err := f.WriteAt(append(line, '\n'), f.end)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		_ = f.heal()
		return err
	}
	f.end += int64(len(line)) + 1
	f.dirty = false
	return nil
}

// heal cuts off what a failed write left behind.
func (f *file) heal() error {
	if !f.dirty {
		return nil
	}
	if err := f.Truncate(f.end); err != nil {
		return err
	}
	f.dirty = false
	return nil
}
