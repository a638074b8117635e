package strict

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonReader makes nodes of JSON that is known to be well-formed.
type jsonReader struct {
	text   string
	tokens *json.Decoder
	budget *int
	// offset and at are a place reached in the text, in bytes and lines.
	offset int
	at     Place
}

// readJSON reads a document that is valid JSON. It is YAML as well, but for
// tabs; reading it as JSON is faster and takes any layout.
func readJSON(p part, budget *int) (*Node, []Problem) {
	r := &jsonReader{
		text: p.text, tokens: json.NewDecoder(strings.NewReader(p.text)), budget: budget,
		at: Place{Line: p.line, Column: 1},
	}
	r.tokens.UseNumber()
	node, problem := r.value(0)
	if problem != nil {
		return nil, []Problem{*problem}
	}
	return node, nil
}

// next returns the next token and where it begins.
func (r *jsonReader) next() (json.Token, Place) {
	end := int(r.tokens.InputOffset())
	start := len(r.text) - len(strings.TrimLeft(r.text[end:], " \t\r\n,:"))
	for _, c := range r.text[r.offset:start] {
		r.at.Column++
		if c == '\n' {
			r.at = Place{Line: r.at.Line + 1, Column: 1}
		}
	}
	r.offset = start
	t, err := r.tokens.Token()
	if err != nil {
		return nil, r.at // the end: the text is known to be valid
	}
	return t, r.at
}

// value reads one value at this depth.
func (r *jsonReader) value(depth int) (*Node, *Problem) {
	t, at := r.next()
	*r.budget--
	if *r.budget < 0 {
		return nil, tooMany(at)
	}
	n := &Node{Place: at, size: 1}
	switch t := t.(type) {
	case nil:
		n.Kind = Null
	case bool:
		n.Kind, n.text = Bool, strconv.FormatBool(t)
	case json.Number:
		n.Kind, n.text = Number, t.String()
	case string:
		n.Kind, n.text = Text, t
	case json.Delim:
		if depth >= MaxDepth {
			return nil, tooDeep(at)
		}
		if t == '[' {
			return n, r.list(n, depth)
		}
		return n, r.mapping(n, depth)
	}
	return n, nil
}

// list reads the items up to the closing bracket.
func (r *jsonReader) list(n *Node, depth int) *Problem {
	n.Kind = List
	for r.tokens.More() {
		item, problem := r.value(depth + 1)
		if problem != nil {
			return problem
		}
		n.items = append(n.items, item)
	}
	r.next()
	return nil
}

// mapping reads the entries up to the closing brace.
func (r *jsonReader) mapping(n *Node, depth int) *Problem {
	n.Kind = Mapping
	for r.tokens.More() {
		t, at := r.next()
		key, _ := t.(string)
		if len(key) > maxKey {
			return longKey(at)
		}
		value, problem := r.value(depth + 1)
		if problem != nil {
			return problem
		}
		n.entries = append(n.entries, entry{key: key, place: at, value: value})
	}
	r.next()
	return nil
}

// jsonProblem says why a text is not JSON.
func jsonProblem(p part) Problem {
	var into any
	err := json.Unmarshal([]byte(p.text), &into)
	at := Place{Line: p.line}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := p.text[:max(0, min(int(syntax.Offset), len(p.text))-1)]
		at.Line += strings.Count(before, "\n")
		at.Column = utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	}
	return Problem{Place: at, Message: fmt.Sprintf("malformed JSON: %v", err)}
}

func tooMany(at Place) *Problem {
	return &Problem{
		Place: at, Message: fmt.Sprintf("more than %d values, aliases counted as often as they are used", MaxNodes),
		Hint: "split the text into several files",
	}
}

func tooDeep(at Place) *Problem {
	return &Problem{Place: at, Message: fmt.Sprintf("nested more than %d deep", MaxDepth)}
}

func longKey(at Place) *Problem {
	return &Problem{Place: at, Message: fmt.Sprintf("a field name of more than %d bytes", maxKey)}
}
