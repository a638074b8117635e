package strict

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// yamlReader makes nodes of the syntax tree of one document.
type yamlReader struct {
	line    int // added to the lines of tokens
	budget  *int
	anchors map[string]*Node
	missing map[*token.Token]bool // scalars not yet found in the tree
	err     *Problem
}

// readYAML reads one document. The text is looked at before the parser sees it
// (see [outline]), for the parser is neither bounded nor always linear.
func readYAML(p part, budget *int) (_ *Node, problems []Problem) {
	r := &yamlReader{line: p.line - 1, budget: budget, anchors: make(map[string]*Node)}
	// The parser is not ours, and a document comes from anybody. Should it panic,
	// then the text is as unreadable as with any other syntax error.
	defer func() {
		if failure := recover(); failure != nil {
			problems = []Problem{{Place: Place{Line: p.line}, Message: fmt.Sprintf("malformed YAML: %v", failure)}}
		}
	}()
	if problem := blankLines(p); problem != nil {
		return nil, []Problem{*problem}
	}
	tokens := lexer.Tokenize(p.text)
	if problem := r.outline(tokens); problem != nil {
		return nil, []Problem{*problem}
	}
	r.missing = scalars(tokens)
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, []Problem{r.syntax(err)}
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return nil, []Problem{{Place: Place{Line: p.line}, Message: "malformed YAML: not one document"}}
	}
	node := r.node(file.Docs[0].Body, 0)
	for _, t := range tokens {
		if r.missing[t] { // the parser has lost it without a word
			r.fail(&Problem{Place: r.place(t), Message: "malformed YAML: " + quote(t.Value) + " belongs to nothing"})
		}
	}
	if r.err != nil {
		return nil, []Problem{*r.err}
	}
	return node, nil
}

// blankLines refuses long runs of empty lines, for which the scanner takes
// quadratic time inside of block texts.
func blankLines(p part) *Problem {
	blank, line := 0, p.line-1
	for row := range strings.Lines(p.text) {
		line++
		blank++
		if strings.TrimSpace(row) != "" {
			blank = 0
		}
		if blank > maxBlank {
			return &Problem{Place: Place{Line: line, Column: 1}, Message: fmt.Sprintf("more than %d empty lines in a row", maxBlank), Hint: "remove some"}
		}
	}
	return nil
}

// syntax turns an error of the parser into a problem.
func (r *yamlReader) syntax(err error) Problem {
	var e interface {
		error
		GetMessage() string
		GetToken() *token.Token
	}
	if !errors.As(err, &e) || e.GetToken() == nil {
		return Problem{Place: Place{Line: r.line + 1}, Message: "malformed YAML"}
	}
	problem := Problem{Place: r.place(e.GetToken()), Message: "malformed YAML: " + e.GetMessage()}
	if strings.Contains(e.GetMessage(), "tab") || strings.Contains(e.GetMessage(), `'\t'`) {
		problem.Hint = "indent with spaces"
	}
	return problem
}

// place returns where a token stands.
func (r *yamlReader) place(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return Place{Line: r.line + 1, Column: 1}
	}
	return Place{Line: r.line + t.Position.Line, Column: t.Position.Column}
}

// fail keeps the first problem.
func (r *yamlReader) fail(problem *Problem) *Node {
	if r.err == nil {
		r.err = problem
	}
	return &Node{Place: problem.Place, size: 1}
}

// node makes a node of a part of the syntax tree at this depth.
func (r *yamlReader) node(tree ast.Node, depth int) *Node {
	at := r.place(tree.GetToken())
	if depth > MaxDepth {
		return r.fail(tooDeep(at))
	}
	*r.budget--
	if *r.budget < 0 {
		return r.fail(tooMany(at))
	}
	switch tree := tree.(type) {
	case *ast.MappingNode:
		return r.mapping(tree, tree.Values, depth)
	case *ast.MappingValueNode:
		return r.mapping(tree, []*ast.MappingValueNode{tree}, depth)
	case *ast.SequenceNode:
		return r.list(tree, depth)
	case *ast.AnchorNode:
		delete(r.missing, tree.Name.GetToken())
		n := r.node(tree.Value, depth)
		r.anchors[tree.Name.GetToken().Value] = n
		return n
	case *ast.AliasNode:
		return r.alias(tree)
	case *ast.TagNode:
		return r.fail(&Problem{Place: at, Message: fmt.Sprintf("the tag %s is not understood", tree.GetToken().Value), Hint: "remove it; quote what is meant as text"})
	case *ast.LiteralNode:
		delete(r.missing, tree.Value.GetToken())
		return &Node{Kind: Text, Place: at, text: tree.Value.Value, size: 1}
	default:
		return r.scalar(tree)
	}
}

// scalar makes a node of a text in quotes or without.
func (r *yamlReader) scalar(tree ast.Node) *Node {
	t := tree.GetToken()
	n := &Node{Place: r.place(t), size: 1}
	switch t.Type {
	case token.ImplicitNullType:
		return n
	case token.SingleQuoteType, token.DoubleQuoteType:
		n.Kind, n.text = Text, t.Value
	default:
		if !isScalar(t) {
			return r.fail(&Problem{Place: n.Place, Message: quote(t.Value) + " is not understood here"})
		}
		n.Kind, n.text = plainKind(t.Value), t.Value
	}
	delete(r.missing, t)
	return n
}

// list makes a node of a sequence.
func (r *yamlReader) list(tree *ast.SequenceNode, depth int) *Node {
	n := &Node{Kind: List, Place: r.place(tree.GetToken()), size: 1}
	for _, value := range tree.Values {
		item := r.node(value, depth+1)
		n.items = append(n.items, item)
		n.size += item.size
	}
	return n
}

// mapping makes a node of the entries of a mapping.
func (r *yamlReader) mapping(tree ast.Node, values []*ast.MappingValueNode, depth int) *Node {
	n := &Node{Kind: Mapping, Place: r.place(tree.GetToken()), size: 1}
	for i, value := range values {
		key, at, ok := r.key(value.Key)
		if !ok {
			return n
		}
		if i == 0 && tree.GetToken().Type != token.MappingStartType {
			n.Place = at // the tree's own token is the first colon
		}
		item := r.node(value.Value, depth+1)
		n.entries = append(n.entries, entry{key: key, place: at, value: item})
		n.size += item.size
	}
	return n
}

// key returns the name an entry begins with.
func (r *yamlReader) key(tree ast.MapKeyNode) (string, Place, bool) {
	var name ast.Node = tree
	if question, ok := tree.(*ast.MappingKeyNode); ok {
		name = question.Value
	}
	t := name.GetToken()
	at := r.place(t)
	switch {
	case t.Type == token.MergeKeyType:
		r.fail(&Problem{Place: at, Message: "merge keys (<<) are not understood", Hint: "write the fields out, or use an alias for a whole value"})
	case !isScalar(t):
		r.fail(&Problem{Place: at, Message: "a field name that is not plain text"})
	default:
		delete(r.missing, t)
		return t.Value, at, true
	}
	return "", at, false
}

// alias returns the node its anchor stands for, and counts it once more.
func (r *yamlReader) alias(tree *ast.AliasNode) *Node {
	delete(r.missing, tree.Value.GetToken())
	at, name := r.place(tree.GetToken()), tree.Value.GetToken().Value
	n, ok := r.anchors[name]
	if !ok {
		return r.fail(&Problem{Place: at, Message: fmt.Sprintf("the alias *%s has no anchor above it", name), Hint: fmt.Sprintf("write &%s before the value it stands for", name)})
	}
	*r.budget -= n.size
	if *r.budget < 0 {
		return r.fail(tooMany(at))
	}
	return n
}

// scalars returns the tokens that must be found again in the tree.
func scalars(tokens token.Tokens) map[*token.Token]bool {
	set := make(map[*token.Token]bool)
	for _, t := range tokens {
		if isScalar(t) {
			set[t] = true
		}
	}
	return set
}

// isScalar says whether a token is a piece of text a person wrote.
func isScalar(t *token.Token) bool {
	switch t.Type {
	case token.StringType, token.SingleQuoteType, token.DoubleQuoteType,
		token.NullType, token.BoolType, token.InfinityType, token.NanType, token.FloatType,
		token.IntegerType, token.BinaryIntegerType, token.OctetIntegerType, token.HexIntegerType,
		token.MergeKeyType:
		return true
	default:
		return false
	}
}
