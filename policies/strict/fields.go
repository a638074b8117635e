package strict

import (
	"reflect"
	"strconv"
	"strings"
	"time"
)

// field is one field of a struct, as its tags describe it.
type field struct {
	name     string
	index    []int // for reflect.Value.FieldByIndex
	typ      reflect.Type
	required bool
	enum     []string
	min, max *float64
	later    string
	doc      string
}

// fieldsOf lists the fields of a struct in the order they are declared, those
// of inline structs in their place.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if option == "inline" {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		own := field{
			name: name, index: []int{i}, typ: f.Type,
			required: f.Tag.Get("required") == "true",
			min:      bound(f.Tag.Get("min")), max: bound(f.Tag.Get("max")),
			later: f.Tag.Get("later"), doc: f.Tag.Get("doc"),
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			own.enum = strings.Split(enum, ",")
		}
		fields = append(fields, own)
	}
	return fields
}

// bound reads a min or max tag; nil when there is none.
func bound(tag string) *float64 {
	value, err := strconv.ParseFloat(tag, 64)
	if err != nil {
		return nil
	}
	return &value
}

// names lists the names of fields for a message.
func names(fields []field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.name
	}
	return list
}

// expectation says in words what the field is written as.
func (f field) expectation() string {
	if len(f.enum) > 0 {
		return oneOf(f.enum)
	}
	return expectation(f.typ)
}

// expectation says in words what a value of this type is written as.
func expectation(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		return expectation(t.Elem())
	}
	if describer, ok := zero[Describer](t); ok {
		return describer.JSONSchema().Description
	}
	if t == reflect.TypeFor[time.Time]() {
		return "a time such as 2026-12-31T00:00:00Z"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Map:
		return "a mapping of names to values"
	case reflect.Struct:
		return "a mapping with " + oneOf(names(fieldsOf(t)))
	default:
		return "something"
	}
}

// zero returns the zero value of a type, or a pointer to it, as an interface
// that either has.
func zero[I any](t reflect.Type) (I, bool) {
	return reflect.TypeAssert[I](reflect.New(t))
}

// oneOf joins names as "a, b or c".
func oneOf(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " or " + list[last]
}
