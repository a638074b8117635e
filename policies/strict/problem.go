package strict

import "errors"

// Place is a position in a text. Line and Column count from 1, columns in
// characters; zero means unknown.
type Place struct {
	Line, Column int
}

// Messages that others need to tell from the rest.
const (
	// UnknownField is said of a field that the struct does not have.
	UnknownField = "no such field"
	// NotAvailable is said of a field that is understood, but comes later.
	NotAvailable = "is not available yet"
)

// Problem is one thing that is wrong with a text.
type Problem struct {
	Place
	// Field is the path of the field ("spec.match[0].path"); empty where the
	// text itself is malformed.
	Field    string
	Message  string // what is wrong
	Expected string // what would be right; may be empty
	Hint     string // what to do; may be empty
}

// Error is what a type returns that reads its own text, when it cannot: the
// problem without its place, which the decoder knows.
type Error struct {
	Message  string // what is wrong: `500 is not a percentage`
	Expected string // what would be right; may be empty
	Hint     string // what to do; may be empty
}

// Error returns the message with what was expected and what to do.
func (e *Error) Error() string {
	text := e.Message
	if e.Expected != "" {
		text += ", expected " + e.Expected
	}
	if e.Hint != "" {
		text += ": " + e.Hint
	}
	return text
}

// asProblem places the error of a type that read its own text.
func asProblem(err error, at Place, field string) Problem {
	if e, ok := errors.AsType[*Error](err); ok {
		return Problem{Place: at, Field: field, Message: e.Message, Expected: e.Expected, Hint: e.Hint}
	}
	return Problem{Place: at, Field: field, Message: err.Error()}
}
