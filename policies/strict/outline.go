package strict

import (
	"fmt"

	"github.com/goccy/go-yaml/token"
)

// level is a list or mapping that the outline is inside of.
type level struct {
	column int // of its entries; 0 in flow style, where columns mean nothing
	list   bool
	keys   int // entries so far
	key    int // bytes of the name of the entry it is at
	path   int // bytes of the names above it
}

// outline walks the tokens of a document and refuses what would cost the
// parser more than time and memory in proportion to the text: too many tokens,
// too deep, long names, wide mappings. It needs no grammar, only the columns
// at which lists and mappings have their entries.
func (r *yamlReader) outline(tokens token.Tokens) *Problem {
	if len(tokens) > maxTokens {
		return &Problem{
			Place:   r.place(tokens[maxTokens]),
			Message: fmt.Sprintf("a document of more than %d names, values and signs", maxTokens),
			Hint:    "split it into several documents",
		}
	}
	levels := []level{{}}
	for i, t := range tokens {
		switch t.Type { //nolint:exhaustive // Only structure counts.
		case token.MappingStartType, token.SequenceStartType:
			levels = enter(levels, level{})
		case token.MappingEndType, token.SequenceEndType:
			levels = leaveFlow(levels)
		case token.SequenceEntryType:
			levels = entryAt(levels, t.Position.Column, true)
		case token.MappingValueType:
			name := t
			if i > 0 {
				name = tokens[i-1]
			}
			levels = entryAt(levels, name.Position.Column, false)
			top := &levels[len(levels)-1]
			top.key = len(name.Value)
			switch {
			case top.key > maxKey:
				return longKey(r.place(name))
			case top.path+top.key > maxPath:
				return &Problem{Place: r.place(name), Message: fmt.Sprintf("field names of more than %d bytes on the way to a value", maxPath)}
			case top.keys > maxKeys:
				return &Problem{Place: r.place(name), Message: fmt.Sprintf("a mapping of more than %d fields", maxKeys)}
			}
		}
		if len(levels) > MaxDepth+1 {
			return tooDeep(r.place(t))
		}
	}
	return nil
}

// enter adds a level below the entry the outline is at.
func enter(levels []level, next level) []level {
	top := levels[len(levels)-1]
	next.path = top.path + top.key + len(".")
	return append(levels, next)
}

// leaveFlow leaves the innermost level in flow style and all inside of it.
func leaveFlow(levels []level) []level {
	for i := len(levels) - 1; i > 0; i-- {
		if levels[i].column == 0 {
			return levels[:i]
		}
	}
	return levels[:1]
}

// entryAt counts an entry of the list or mapping whose entries begin at this
// column, which is entered or returned to.
func entryAt(levels []level, column int, list bool) []level {
	for {
		top := &levels[len(levels)-1]
		inFlow := top.column == 0 && len(levels) > 1
		switch {
		case inFlow, top.column == column && top.list == list:
			top.keys++
			return levels
		case top.column > column, top.column == column && top.list && !list:
			levels = levels[:len(levels)-1]
		default:
			levels = enter(levels, level{column: column, list: list, keys: 1})
			return levels
		}
	}
}
