package strict

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Describer is implemented by types that read their own text: it says how it
// is written. Description completes the sentence "expected …".
type Describer interface {
	JSONSchema() Schema
}

// Schema is the part of JSON Schema (draft 2020-12) that documents need.
type Schema struct {
	Schema      string             `json:"$schema,omitempty"`
	ID          string             `json:"$id,omitempty"`
	Ref         string             `json:"$ref,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        Types              `json:"type,omitempty"`
	Const       string             `json:"const,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Format      string             `json:"format,omitempty"`
	Minimum     *float64           `json:"minimum,omitempty"`
	Maximum     *float64           `json:"maximum,omitempty"`
	Items       *Schema            `json:"items,omitempty"`
	MinItems    int                `json:"minItems,omitempty"`
	Properties  map[string]*Schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	// Additional is false for structs, and a *Schema for maps.
	Additional any                `json:"additionalProperties,omitempty"`
	AnyOf      []*Schema          `json:"anyOf,omitempty"`
	OneOf      []*Schema          `json:"oneOf,omitempty"`
	Defs       map[string]*Schema `json:"$defs,omitempty"`
}

// Types are the JSON types a value may have.
type Types []string

// MarshalJSON writes a single type as a text.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

func (t Types) has(name string) bool {
	return slices.Contains(t, name)
}

// Describe returns the schema of a struct type by its tags. The schemas of
// named structs inside of it are in Defs, by the name of the type.
func Describe(t reflect.Type) *Schema {
	defs := make(map[string]*Schema)
	schema := describeStruct(t, defs)
	schema.Defs = defs
	return schema
}

// describe returns the schema of a value of this type.
func describe(t reflect.Type, defs map[string]*Schema) *Schema {
	if t.Kind() == reflect.Pointer {
		return describe(t.Elem(), defs)
	}
	if describer, ok := zero[Describer](t); ok {
		schema := describer.JSONSchema()
		return &schema
	}
	if t == reflect.TypeFor[time.Time]() {
		return &Schema{Type: Types{"string"}, Format: "date-time"}
	}
	switch t.Kind() {
	case reflect.Struct:
		if _, ok := defs[t.Name()]; !ok {
			defs[t.Name()] = nil // against endless recursion
			defs[t.Name()] = describeStruct(t, defs)
		}
		return &Schema{Ref: "#/$defs/" + t.Name()}
	case reflect.Slice:
		return &Schema{Type: Types{"array"}, Items: describe(t.Elem(), defs)}
	case reflect.Map:
		return &Schema{Type: Types{"object"}, Additional: describe(t.Elem(), defs)}
	case reflect.String:
		return &Schema{Type: Types{"string"}}
	case reflect.Bool:
		return &Schema{Type: Types{"boolean"}}
	case reflect.Float32, reflect.Float64:
		return &Schema{Type: Types{"number"}}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &Schema{Type: Types{"integer"}, Minimum: new(float64)}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &Schema{Type: Types{"integer"}}
	default:
		return &Schema{}
	}
}

// describeStruct returns the schema of a struct with all its fields.
func describeStruct(t reflect.Type, defs map[string]*Schema) *Schema {
	schema := &Schema{Type: Types{"object"}, Properties: make(map[string]*Schema), Additional: false}
	for _, f := range fieldsOf(t) {
		property := describe(f.typ, defs)
		constrained := property
		if property.Items != nil {
			constrained = property.Items // enum and bounds are those of the items
		}
		if len(f.enum) > 0 {
			constrained.Enum = f.enum
		}
		if f.min != nil {
			constrained.Minimum = f.min
		}
		if f.max != nil {
			constrained.Maximum = f.max
		}
		property.Description = sentences(f.doc, property.Description, f.later)
		schema.Properties[f.name] = property
		if f.required {
			schema.Required = append(schema.Required, f.name)
		}
	}
	return schema
}

// sentences joins what a field means, how it is written and whether it can be
// used to the description an editor shows.
func sentences(doc, form, later string) string {
	var parts []string
	if doc != "" {
		parts = append(parts, doc)
	}
	if form != "" {
		parts = append(parts, "Written as "+form+".")
	}
	if later != "" {
		parts = append(parts, "Not available yet: it comes with "+later+".")
	}
	return strings.Join(parts, " ")
}
