package strict

import (
	"regexp"
	"strconv"
)

// Kind is the kind of a node.
type Kind uint8

// The kinds of node, by the core schema of YAML 1.2.
const (
	Null Kind = iota
	Bool
	Number
	Text
	List
	Mapping
)

// Node is a value as it was written. Nodes may be shared (aliases) and are
// never changed once read.
type Node struct {
	Kind Kind
	Place
	text    string // of a scalar, unquoted and unescaped
	items   []*Node
	entries []entry
	size    int // nodes below and including this one, aliases expanded
}

// entry is one key and value of a mapping.
type entry struct {
	key   string
	place Place
	value *Node
}

// number is a number of YAML's core schema; only the decimal ones are numbers
// here as well, the others are refused where a number is expected.
var number = regexp.MustCompile(`^[-+]?(0o[0-7]+|0x[0-9a-fA-F]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|^\.(nan|NaN|NAN)$`)

// plainKind says what a scalar without quotes is.
func plainKind(text string) Kind {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return Null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return Bool
	}
	if number.MatchString(text) {
		return Number
	}
	return Text
}

// Text returns the text of the field with this name and where it stands, and
// false when n has no such field or it holds something else.
func (n *Node) Text(field string) (text string, at Place, ok bool) {
	for _, e := range n.entries {
		if e.key == field && e.value.Kind == Text {
			return e.value.text, e.value.Place, true
		}
	}
	return "", Place{}, false
}

// shown is the longest piece of a text that a message repeats, in bytes.
const shown = 60

// quote returns a text as a message shows it: quoted, and not too long.
func quote(text string) string {
	if len(text) > shown {
		return strconv.Quote(text[:shown]) + "…"
	}
	return strconv.Quote(text)
}

// String says what n is, in the words of messages: `a list`, `the number 5`.
func (n *Node) String() string {
	switch n.Kind {
	case Null:
		return "nothing"
	case Bool:
		return n.text
	case Number:
		return "the number " + n.text
	case List:
		return "a list"
	case Mapping:
		return "a mapping"
	default:
		return "the text " + quote(n.text)
	}
}
