package strict

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of what is read. They are far above what a person writes, and keep
// the work in proportion to the size of the text.
const (
	// MaxBytes is the size of a text.
	MaxBytes = 1 << 20
	// MaxDepth is how deep lists and mappings nest.
	MaxDepth = 32
	// MaxNodes is how many nodes a text has, aliases expanded.
	MaxNodes = 200_000

	maxTokens   = 10_000 // of one YAML document
	maxKeys     = 1_000  // of one YAML mapping
	maxKey      = 256    // bytes of a field name
	maxPath     = 1_024  // bytes of the names from the top to a field
	maxBlank    = 50     // empty lines in a row
	maxProblems = 100    // reported for a text
)

// Read splits a text into documents at the lines "---" and "..." and reads
// each as JSON or YAML. Documents that hold nothing are left out. A document
// that cannot be read is left out as well, and a problem says why.
func Read(data []byte) ([]*Node, []Problem) {
	text, problem := prepare(data)
	if problem != nil {
		return nil, []Problem{*problem}
	}
	var (
		nodes    []*Node
		problems []Problem
		budget   = MaxNodes
	)
	for _, part := range split(text) {
		node, found := part.read(&budget)
		if node != nil {
			nodes = append(nodes, node)
		}
		problems = append(problems, found...)
		if len(problems) >= maxProblems {
			return nodes, problems[:maxProblems]
		}
	}
	return nodes, problems
}

// prepare checks size and characters, and makes all line ends alike.
func prepare(data []byte) (string, *Problem) {
	if len(data) > MaxBytes {
		return "", &Problem{
			Message:  fmt.Sprintf("the text is larger than %d bytes", MaxBytes),
			Expected: "at most 1 MiB", Hint: "split it into several files",
		}
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	at := Place{Line: 1, Column: 1}
	for i, r := range text {
		switch {
		case r == '\n':
			at = Place{Line: at.Line + 1, Column: 0}
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			return "", &Problem{Place: at, Message: "a byte that is not UTF-8", Expected: "text in UTF-8"}
		case r < ' ' && r != '\t', r == 0x7f, r == '\ufeff':
			return "", &Problem{
				Place: at, Message: fmt.Sprintf("the control character %U", r),
				Hint: `in double quotes it can be written as an escape such as "\x00"`,
			}
		}
		at.Column++
	}
	return text, nil
}

// part is the text of one document and the line it begins on.
type part struct {
	text string
	line int
}

// split cuts a stream into documents. "---" and "..." at the start of a line
// are document marks wherever they stand, so lines are enough to see them.
func split(text string) []part {
	var (
		parts []part
		body  strings.Builder
		first = 1
		line  = 0
	)
	flush := func(next int) {
		parts = append(parts, part{text: body.String(), line: first})
		body.Reset()
		first = next
	}
	for row := range strings.Lines(text) {
		line++
		switch rest, mark := cutMark(row); mark {
		case "---":
			flush(line)
			body.WriteString("   " + rest)
		case "...":
			flush(line)
			body.WriteString("   " + rest)
		default:
			body.WriteString(row)
		}
	}
	flush(0)
	return parts
}

// cutMark cuts a document mark off the start of a line.
func cutMark(row string) (rest, mark string) {
	for _, mark := range []string{"---", "..."} {
		if rest, ok := strings.CutPrefix(row, mark); ok && (rest == "" || strings.ContainsAny(rest[:1], " \t\n")) {
			return rest, mark
		}
	}
	return row, ""
}

// read reads one document, and returns neither node nor problem when it holds
// nothing.
func (p part) read(budget *int) (*Node, []Problem) {
	at, start := p.start()
	switch {
	case start == "":
		return nil, nil
	case start[0] == '%':
		return nil, []Problem{{Place: at, Message: "YAML directives are not understood", Hint: "remove the line"}}
	case at.Line == p.line && strings.HasPrefix(p.text, "   ") && start[0] != '{' && start[0] != '[' && at.Column > 4:
		return nil, []Problem{{Place: at, Message: "a document on the line of its mark", Hint: "begin on the line after it"}}
	case (start[0] == '{' || start[0] == '[') && json.Valid([]byte(p.text)):
		return readJSON(p, budget)
	}
	node, problems := readYAML(p, budget)
	if len(problems) > 0 && start[0] == '{' && strings.ContainsRune(p.text, '\t') {
		return nil, []Problem{jsonProblem(p)} // tabs mean that it was meant as JSON
	}
	return node, problems
}

// start returns the place and the text of the first thing that is neither
// blank nor a comment.
func (p part) start() (Place, string) {
	line := p.line - 1
	for row := range strings.Lines(p.text) {
		line++
		rest := strings.TrimLeft(row, " \t\n")
		if rest != "" && rest[0] != '#' {
			return Place{Line: line, Column: utf8.RuneCountInString(row[:len(row)-len(rest)]) + 1}, rest
		}
	}
	return Place{}, ""
}
