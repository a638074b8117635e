package strict

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Adder is implemented by types that are written as one text or as a list of
// texts: each is added in turn, so that an error points at the right one. The
// error should be an [*Error].
type Adder interface {
	AddText(text string) error
}

// decoder fills a struct from nodes and collects what is wrong.
type decoder struct {
	places   map[string]Place
	problems []Problem
	structs  map[reflect.Type][]field
}

// Decode stores the node in the struct that into points to. It returns where
// every field that was written stands, by path ("spec.match[0].path"), and
// all the problems. Fields with a problem are left as they were; with a
// problem anywhere, into is not fit for use.
//
// Types that implement [encoding.TextUnmarshaler] or [Adder] read their own
// text; their errors should be [*Error].
func (n *Node) Decode(into any) (map[string]Place, []Problem) {
	d := &decoder{places: make(map[string]Place), structs: make(map[reflect.Type][]field)}
	d.value(n, reflect.ValueOf(into).Elem(), field{}, place{at: n.Place})
	return d.places, d.problems
}

// place is where the decoder is: the path and position of a field.
type place struct {
	path string
	at   Place
}

// below returns the place of a field or entry with this name.
func (p place) below(name string, at Place) place {
	if p.path == "" {
		return place{path: name, at: at}
	}
	if strings.ContainsAny(name, ".[]\" ") {
		return place{path: p.path + "[" + strconv.Quote(name) + "]", at: at}
	}
	return place{path: p.path + "." + name, at: at}
}

// report adds a problem.
func (d *decoder) report(p place, message, expected, hint string) {
	d.fail(Problem{Place: p.at, Field: p.path, Message: message, Expected: expected, Hint: hint})
}

// fail adds a problem, unless there are more than anybody reads.
func (d *decoder) fail(problem Problem) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, problem)
	}
}

// value stores n in v; f is the field v belongs to, and its item in lists.
func (d *decoder) value(n *Node, v reflect.Value, f field, p place) {
	if n.Kind == Null {
		d.report(p, "has no value", expectation(v.Type()), "write one or remove the field")
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch own := v.Addr().Interface().(type) {
	case *time.Time:
		d.time(n, own, p)
		return
	case Adder:
		d.add(n, own, v, p)
		return
	case encoding.TextUnmarshaler:
		d.text(n, own, v, p)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, p)
	case reflect.Slice:
		d.list(n, v, f, p)
	case reflect.Map:
		d.mapping(n, v, p)
	case reflect.Interface: // anything: looked at elsewhere, or not at all
	default:
		d.scalar(n, v, f, p)
	}
}

// structure stores a mapping in a struct.
func (d *decoder) structure(n *Node, v reflect.Value, p place) {
	if n.Kind != Mapping {
		d.report(p, n.String(), expectation(v.Type()), "")
		return
	}
	fields, ok := d.structs[v.Type()]
	if !ok {
		fields = fieldsOf(v.Type())
		d.structs[v.Type()] = fields
	}
	written := make(map[string]Place, len(n.entries))
	for _, e := range n.entries {
		d.entry(e, fields, written, v, p)
	}
	for _, f := range fields {
		if _, ok := written[f.name]; f.required && !ok {
			d.report(p.below(f.name, p.at), "is missing", f.expectation(), "")
		}
	}
}

// entry stores one field that was written.
func (d *decoder) entry(e entry, fields []field, written map[string]Place, v reflect.Value, p place) {
	own := p.below(e.key, e.place)
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == e.key })
	if i < 0 {
		d.report(own, UnknownField, oneOf(names(fields)), didYouMean(e.key, names(fields)))
		return
	}
	if first, ok := written[e.key]; ok {
		d.report(own, "is written twice", "", fmt.Sprintf("the first is on line %d; remove one", first.Line))
		return
	}
	written[e.key] = e.place
	f := fields[i]
	if f.later != "" {
		d.report(own, NotAvailable, "", "it comes with "+f.later+"; remove the field")
	}
	own.at = e.mark()
	d.places[own.path] = own.at
	d.value(e.value, v.FieldByIndex(f.index), f, own)
}

// mark returns where problems of an entry are shown: at the value of a
// scalar, at the name of anything larger.
func (e entry) mark() Place {
	switch e.value.Kind {
	case Null, List, Mapping:
		return e.place
	default:
		return e.value.Place
	}
}

// list stores a list in a slice.
func (d *decoder) list(n *Node, v reflect.Value, f field, p place) {
	if n.Kind != List {
		d.report(p, n.String(), "a list", "begin each entry with a dash, or write [ ] around it")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		own := place{path: fmt.Sprintf("%s[%d]", p.path, i), at: item.Place}
		d.places[own.path] = own.at
		d.value(item, v.Index(i), f, own)
	}
}

// mapping stores a mapping in a map whose keys are texts.
func (d *decoder) mapping(n *Node, v reflect.Value, p place) {
	if n.Kind != Mapping {
		d.report(p, n.String(), expectation(v.Type()), "")
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.entries)))
	for _, e := range n.entries {
		own := p.below(e.key, e.mark())
		key := reflect.ValueOf(e.key)
		if v.MapIndex(key).IsValid() {
			d.report(place{path: own.path, at: e.place}, "is written twice", "", "remove one")
			continue
		}
		d.places[own.path] = own.at
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(e.value, item, field{}, own)
		v.SetMapIndex(key, item)
	}
}
