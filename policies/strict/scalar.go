package strict

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// decimal is a number as JSON writes it, which is how documents write theirs.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// scalar stores a text, a number or a boolean.
func (d *decoder) scalar(n *Node, v reflect.Value, f field, p place) {
	if n.Kind == List || n.Kind == Mapping {
		d.report(p, n.String(), expectation(v.Type()), "")
		return
	}
	switch v.Kind() {
	case reflect.String:
		d.str(n, v, f, p)
	case reflect.Bool:
		d.boolean(n, v, p)
	case reflect.Float32, reflect.Float64:
		d.float(n, v, f, p)
	default:
		d.integer(n, v, f, p)
	}
}

// str stores a text, which must be one of the field's enum if it has one.
func (d *decoder) str(n *Node, v reflect.Value, f field, p place) {
	if n.Kind != Text {
		d.report(p, n.String(), expectation(v.Type()), "write \""+n.text+"\" to mean the text")
		return
	}
	if len(f.enum) > 0 && !slices.Contains(f.enum, n.text) {
		d.report(p, quote(n.text)+" is not known", oneOf(f.enum), didYouMean(n.text, f.enum))
		return
	}
	v.SetString(n.text)
}

// boolean stores true or false, in small letters only.
func (d *decoder) boolean(n *Node, v reflect.Value, p place) {
	if n.Kind == Bool && (n.text == "true" || n.text == "false") {
		v.SetBool(n.text == "true")
		return
	}
	hint := ""
	switch strings.ToLower(n.text) {
	case "yes", "on", "y", "true", "1":
		hint = "write true"
	case "no", "off", "n", "false", "0":
		hint = "write false"
	}
	d.report(p, n.String(), "true or false", hint)
}

// float stores a number.
func (d *decoder) float(n *Node, v reflect.Value, f field, p place) {
	if !d.isNumber(n, v.Type(), p) {
		return
	}
	value, err := strconv.ParseFloat(n.text, 64)
	if err != nil {
		d.report(p, n.text+" is too large", expectation(v.Type()), "")
		return
	}
	if d.within(n, value, f, p) {
		v.SetFloat(value)
	}
}

// integer stores a whole number.
func (d *decoder) integer(n *Node, v reflect.Value, f field, p place) {
	if !d.isNumber(n, v.Type(), p) {
		return
	}
	if strings.ContainsAny(n.text, ".eE") {
		d.report(p, n.text+" is not a whole number", expectation(v.Type()), "")
		return
	}
	var err error
	if v.CanUint() {
		var value uint64
		if value, err = strconv.ParseUint(n.text, 10, v.Type().Bits()); err == nil && d.within(n, float64(value), f, p) {
			v.SetUint(value)
		}
	} else {
		var value int64
		if value, err = strconv.ParseInt(n.text, 10, v.Type().Bits()); err == nil && d.within(n, float64(value), f, p) {
			v.SetInt(value)
		}
	}
	if err != nil {
		d.report(p, n.text+" is out of range", integerRange(v), "")
	}
}

// integerRange says which whole numbers fit.
func integerRange(v reflect.Value) string {
	bits := v.Type().Bits()
	if v.CanUint() {
		return fmt.Sprintf("a number from 0 to %d", uint64(math.MaxUint64)>>(64-bits))
	}
	return fmt.Sprintf("a number from %d to %d", int64(-1)<<(bits-1), int64(1)<<(bits-1)-1)
}

// isNumber reports what is not a decimal number.
func (d *decoder) isNumber(n *Node, t reflect.Type, p place) bool {
	switch {
	case n.Kind == Number && decimal.MatchString(n.text):
		return true
	case n.Kind == Number:
		d.report(p, n.String()+" is not written in decimal", expectation(t), "write digits without leading zeros or plus sign")
	case n.Kind == Text && decimal.MatchString(n.text):
		d.report(p, n.String(), expectation(t), "remove the quotes")
	default:
		d.report(p, n.String(), expectation(t), "")
	}
	return false
}

// within reports a number that is out of the field's bounds.
func (d *decoder) within(n *Node, value float64, f field, p place) bool {
	small, large := f.min != nil && value < *f.min, f.max != nil && value > *f.max
	if !small && !large {
		return true
	}
	message := n.text + " is too large"
	if small {
		message = n.text + " is too small"
	}
	d.report(p, message, boundsText(f), "")
	return false
}

// boundsText says which numbers a field takes.
func boundsText(f field) string {
	switch {
	case f.min == nil:
		return fmt.Sprintf("at most %v", *f.max)
	case f.max == nil:
		return fmt.Sprintf("at least %v", *f.min)
	default:
		return fmt.Sprintf("a number from %v to %v", *f.min, *f.max)
	}
}

// time stores a moment.
func (d *decoder) time(n *Node, into *time.Time, p place) {
	moment, err := time.Parse(time.RFC3339, n.text)
	if n.Kind != Text || err != nil {
		d.report(p, n.String(), "a time such as 2026-12-31T00:00:00Z", "")
		return
	}
	*into = moment
}

// text lets a type read its own text.
func (d *decoder) text(n *Node, into encoding.TextUnmarshaler, v reflect.Value, p place) {
	if n.Kind == List || n.Kind == Mapping {
		d.report(p, n.String(), expectation(v.Type()), "")
		return
	}
	if err := into.UnmarshalText([]byte(n.text)); err != nil {
		d.fail(asProblem(err, p.at, p.path))
		return
	}
	d.asDescribed(n, v, p)
}

// add lets a type read a text, or a list of them.
func (d *decoder) add(n *Node, into Adder, v reflect.Value, p place) {
	items := []*Node{n}
	if n.Kind == Mapping {
		d.report(p, n.String(), expectation(v.Type()), "")
		return
	}
	if n.Kind == List {
		items = n.items
		if len(items) == 0 {
			d.report(p, "is empty", expectation(v.Type()), "")
		}
	}
	for i, item := range items {
		own := p
		if n.Kind == List {
			own = place{path: fmt.Sprintf("%s[%d]", p.path, i), at: item.Place}
			d.places[own.path] = own.at
		}
		if item.Kind == List || item.Kind == Mapping || item.Kind == Null {
			d.report(own, item.String(), expectation(v.Type()), "")
		} else if err := into.AddText(item.text); err != nil {
			d.fail(asProblem(err, own.at, own.path))
		}
	}
}

// asDescribed reports a value that could be read but is not written the way
// its type describes itself: a number in quotes, a text that looks like a
// number. What the schema refuses, the decoder refuses.
func (d *decoder) asDescribed(n *Node, v reflect.Value, p place) {
	describer, ok := reflect.TypeAssert[Describer](v.Addr())
	if !ok {
		return
	}
	switch kinds := describer.JSONSchema().Type; {
	case n.Kind == Text && !kinds.has("string"):
		d.report(p, n.String(), describer.JSONSchema().Description, "remove the quotes")
	case n.Kind == Number && !kinds.has("number") && !kinds.has("integer"), n.Kind == Bool && !kinds.has("boolean"):
		d.report(p, n.String(), describer.JSONSchema().Description, "write \""+n.text+"\" to mean the text")
	}
}
