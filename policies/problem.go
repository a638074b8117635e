package policies

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with a document: where, what, what was
// expected and what to do. It is what a person reads on a terminal and what the
// API answers.
type Problem struct {
	File string `json:"file"`
	// Line and Column count from 1; zero means unknown.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Field is the path of the field, such as "spec.match[0].path".
	Field    string `json:"field"`
	Message  string `json:"message"`
	Expected string `json:"expected"`
	Hint     string `json:"hint"`
}

// Problems are all the problems of some documents. It is the error of [Parse]
// and of everything that checks documents.
type Problems []Problem

// String returns the problem on one line:
// "file:line:column: field: message (expected …; hint)".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		if p.File != "" {
			b.WriteByte(':')
		}
		b.WriteString(strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column))
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if p.Field != "" {
		b.WriteString(p.Field + ": ")
	}
	b.WriteString(p.Message)
	var more []string
	if p.Expected != "" {
		more = append(more, "expected "+p.Expected)
	}
	if p.Hint != "" {
		more = append(more, p.Hint)
	}
	if len(more) > 0 {
		b.WriteString(" (" + strings.Join(more, "; ") + ")")
	}
	return b.String()
}

// Error returns one line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sort puts the problems in the order a reader of the files meets them.
func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// brief returns the first hundred problems and says how many there are more:
// whoever has so many has sent something else.
func (ps Problems) brief() Problems {
	const most = 100
	if len(ps) <= most {
		return ps
	}
	more := Problem{File: ps[0].File, Message: strconv.Itoa(len(ps)-most) + " more problems"}
	return append(ps[:most:most], more)
}

// problem returns a problem of the field at this path. It points at the field
// if it was written, and otherwise at its nearest parent that was.
func (d *Document) problem(field, message, expected, hint string) Problem {
	at := d.place(field)
	return Problem{
		File: at.File, Line: at.Line, Column: at.Column,
		Field: field, Message: message, Expected: expected, Hint: hint,
	}
}

// place returns the position of the field, or of its nearest written parent.
func (d *Document) place(field string) Position {
	for path := field; path != ""; path = path[:max(0, strings.LastIndexAny(path, ".["))] {
		if at, ok := d.places[path]; ok {
			return at
		}
	}
	return d.Origin
}
