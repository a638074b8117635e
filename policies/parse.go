package policies

import (
	"strings"

	"github.com/poise-dev/poise/policies/strict"
)

// envelope is a document as it is written; T is the spec of its kind.
type envelope[T any] struct {
	APIVersion string   `yaml:"apiVersion" required:"true" enum:"poise.dev/v1alpha1" doc:"Version of the form of this document."`
	Kind       string   `yaml:"kind" required:"true" enum:"FaultPolicy,Hypothesis,Verification" doc:"Kind of document."`
	Metadata   Metadata `yaml:"metadata" required:"true" doc:"Name and labels."`
	Spec       T        `yaml:"spec" required:"true" doc:"What the document says."`
}

// Parse reads the documents of one file, YAML or JSON, several separated by
// "---". It is strict: unknown and repeated fields, impossible values and what
// is not available yet are errors. The file is only named in messages; it may
// be empty. The error is [Problems], all there are in the file, and then there
// are no documents.
func Parse(file string, data []byte) ([]Document, error) {
	nodes, malformed := strict.Read(data)
	var (
		documents []Document
		problems  = inFile(file, malformed)
	)
	for _, node := range nodes {
		document, found := parseDocument(file, node)
		documents = append(documents, document)
		problems = append(problems, found...)
		problems = append(problems, document.validate(found)...)
	}
	if len(problems) > 0 {
		problems.sort()
		return nil, problems.brief()
	}
	return documents, nil
}

// parseDocument reads one document by its kind, without looking at what it
// means.
func parseDocument(file string, node *strict.Node) (Document, Problems) {
	kind, _, _ := node.Text("kind")
	d := Document{
		Kind:   Kind(kind),
		Origin: Position{File: file, Line: node.Line, Column: node.Column},
	}
	var (
		places   map[string]strict.Place
		problems []strict.Problem
	)
	switch d.Kind {
	case KindFaultPolicy:
		d.Policy = new(FaultPolicy)
		places, problems = open(node, &d.Metadata, d.Policy)
	case KindHypothesis:
		d.Hypothesis = new(Hypothesis)
		places, problems = open(node, &d.Metadata, d.Hypothesis)
	case KindVerification:
		d.Verification = new(Verification)
		places, problems = open(node, &d.Metadata, d.Verification)
	default:
		var spec any
		places, problems = open(node, &d.Metadata, &spec)
	}
	d.places = make(map[string]Position, len(places))
	for path, at := range places {
		d.places[path] = Position{File: file, Line: at.Line, Column: at.Column}
	}
	return d, inFile(file, problems)
}

// open decodes a document and takes it out of its envelope.
func open[T any](node *strict.Node, metadata *Metadata, spec *T) (map[string]strict.Place, []strict.Problem) {
	var e envelope[T]
	places, problems := node.Decode(&e)
	*metadata, *spec = e.Metadata, e.Spec
	return places, problems
}

// inFile names the file of problems.
func inFile(file string, found []strict.Problem) Problems {
	problems := make(Problems, 0, len(found))
	for _, p := range found {
		problems = append(problems, Problem{
			File: file, Line: p.Line, Column: p.Column, Field: p.Field,
			Message: p.Message, Expected: p.Expected, Hint: p.Hint,
		})
	}
	return problems
}

// isLabel says whether a text is an RFC 1123 label, which names are: 1 to 63
// small letters, digits and dashes, no dash at either end.
func isLabel(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	return text != "" && len(text) <= 63 &&
		strings.Trim(text, letters+"-") == "" &&
		strings.Contains(letters, text[:1]) && strings.Contains(letters, text[len(text)-1:])
}
