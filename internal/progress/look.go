package progress

import (
	"io"
	"strings"

	"golang.org/x/term"
)

// Look is what a display may use. The zero value is plain lines.
type Look struct {
	Live  bool // draw in place; otherwise one line for each change of state
	Color bool
	ASCII bool // draw meters with # and - only
	// Width returns the columns of the terminal; it is asked before each drawing.
	// Nil: 80.
	Width func() int
}

// Detect finds out what w can show. The environment is asked for NO_COLOR, TERM
// (dumb is not a terminal), and LC_ALL, LC_CTYPE and LANG (whether it reads
// UTF-8).
func Detect(w io.Writer, getenv func(string) string) Look {
	file, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(file.Fd())) || getenv("TERM") == "dumb" {
		return Look{}
	}
	return Look{
		Live:  true,
		Color: getenv("NO_COLOR") == "",
		ASCII: !readsUTF8(getenv),
		Width: func() int {
			width, _, err := term.GetSize(int(file.Fd()))
			if err != nil {
				return 0
			}
			return width
		},
	}
}

// readsUTF8 reports whether the first of the locale variables that is set names
// UTF-8, which is their order of precedence in POSIX.
func readsUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(getenv(name)); locale != "" {
			return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return false
}

// width is the columns to draw in: one fewer than there are, because some
// terminals wrap when the last one is written.
func (l Look) width() int {
	width := 80
	if l.Width != nil {
		if asked := l.Width(); asked > 0 {
			width = asked
		}
	}
	return max(width-1, 1)
}
