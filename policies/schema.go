package policies

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"

	"github.com/poise-dev/poise/policies/strict"
)

// Schema returns the JSON Schema (draft 2020-12) of all documents, for editors
// and for checks elsewhere. It says what the form of a document is; what a
// document means is checked by [Parse] alone. The text is always the same.
func Schema() ([]byte, error) {
	root := &strict.Schema{
		Title:       "poise documents",
		Description: "FaultPolicy, Hypothesis and Verification, " + APIVersion + ".",
		Defs:        make(map[string]*strict.Schema),
	}
	for _, kind := range Kinds() {
		schema := describe(kind)
		maps.Copy(root.Defs, schema.Defs)
		schema.Defs = nil
		name := string(kind) + "Document"
		root.Defs[name] = schema
		root.OneOf = append(root.OneOf, &strict.Schema{Ref: "#/$defs/" + name})
	}
	return printSchema(root)
}

// SchemaOf returns the JSON Schema of one kind of document.
func SchemaOf(kind Kind) ([]byte, error) {
	schema := describe(kind)
	if schema == nil {
		return nil, fmt.Errorf("schema of %q: there is no such kind of document, only %v", kind, Kinds())
	}
	return printSchema(schema)
}

// Kinds returns the kinds of document there are.
func Kinds() []Kind {
	return []Kind{KindFaultPolicy, KindHypothesis, KindVerification}
}

// describe returns the schema of a kind of document; nil when there is none.
func describe(kind Kind) *strict.Schema {
	var document reflect.Type
	switch kind {
	case KindFaultPolicy:
		document = reflect.TypeFor[envelope[FaultPolicy]]()
	case KindHypothesis:
		document = reflect.TypeFor[envelope[Hypothesis]]()
	case KindVerification:
		document = reflect.TypeFor[envelope[Verification]]()
	default:
		return nil
	}
	schema := strict.Describe(document)
	schema.Title = string(kind)
	schema.Properties["kind"].Enum = nil
	schema.Properties["kind"].Const = string(kind)
	return schema
}

// printSchema writes a schema for people to read as well.
func printSchema(schema *strict.Schema) ([]byte, error) {
	schema.Schema = "https://json-schema.org/draft/2020-12/schema"
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(schema); err != nil {
		return nil, fmt.Errorf("write schema %q: %w", schema.Title, err)
	}
	return text.Bytes(), nil
}
