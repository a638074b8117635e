package policies

import (
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/poise-dev/poise/policies/strict"
)

// validator checks what a document means: everything that one document alone
// can get wrong though each of its fields is well-formed. What concerns several
// documents is left to Compile.
type validator struct {
	document *Document
	// ill are the problems the decoder found. What follows from them is not
	// reported a second time.
	ill      Problems
	problems Problems
}

// validate returns everything that is wrong with the meaning of the document.
// Problems that were found before are given, and not part of the answer.
func (d *Document) validate(ill Problems) Problems {
	v := &validator{document: d, ill: ill}
	v.name("metadata.name", d.Metadata.Name)
	switch {
	case d.Policy != nil:
		v.policy(d.Policy)
	case d.Hypothesis != nil:
		v.hypothesis(d.Hypothesis)
	case d.Verification != nil:
		v.verification(d.Verification)
	}
	return v.problems
}

// report adds a problem of a field, unless it follows from one that the
// decoder found.
func (v *validator) report(field, message, expected, hint string) {
	if !slices.ContainsFunc(v.ill, func(p Problem) bool { return follows(field, p) }) {
		v.problems = append(v.problems, v.document.problem(field, message, expected, hint))
	}
}

// follows says whether what is wrong with a field may be so because of a
// problem: the field, a part of it or what holds it could not be read, or a
// name beside or below it is misspelt.
func follows(field string, p Problem) bool {
	switch p.Message {
	case strict.UnknownField:
		return parent(field) == parent(p.Field) || field == parent(p.Field)
	case strict.NotAvailable:
		return field == p.Field
	default:
		return isWithin(p.Field, field) || isWithin(field, p.Field)
	}
}

// later refuses what a document may say one day.
func (v *validator) later(field, what, release string) {
	v.report(field, what+" "+strict.NotAvailable, "", "it comes with "+release)
}

// isWithin says whether a field is another one, or a part of it.
func isWithin(field, of string) bool {
	rest, ok := strings.CutPrefix(field, of)
	return ok && (rest == "" || of == "" || rest[0] == '.' || rest[0] == '[')
}

// parent returns the path of the field that holds this one.
func parent(field string) string {
	return field[:max(0, strings.LastIndexAny(field, ".["))]
}

// written says whether the field is in the document, whatever its value.
func (v *validator) written(field string) bool {
	_, ok := v.document.places[field]
	return ok
}

// oneOf reports a field that has none or several of the parts of which it
// must have exactly one, and returns the first it has.
func (v *validator) oneOf(field string, parts ...string) string {
	var found []string
	for _, part := range parts {
		if v.written(field + "." + part) {
			found = append(found, part)
		}
	}
	expected := "exactly one of " + strings.Join(parts, ", ")
	switch len(found) {
	case 0:
		v.report(field, "says nothing", expected, "")
		return ""
	case 1:
		return found[0]
	default:
		v.report(field+"."+found[1], found[1]+" beside "+found[0], expected, "remove all but one")
		return found[0]
	}
}

// only reports the parts that are written though they make sense beside
// another one alone.
func (v *validator) only(field string, sensible bool, beside string, parts ...string) {
	for _, part := range parts {
		if !sensible && v.written(field+"."+part) {
			v.report(field+"."+part, part+" without "+beside, "", "remove it, or write "+beside)
		}
	}
}

// name reports what is not an RFC 1123 label.
func (v *validator) name(field, name string) {
	if !isLabel(name) {
		v.report(field, brief(name)+" is not a name", "1 to 63 small letters, digits and dashes, no dash at either end", "")
	}
}

// positive reports a duration that is written and 0.
func (v *validator) positive(field string, d Duration) {
	if v.written(field) && d <= 0 {
		v.report(field, d.String()+" is too short", "more than 0s", "")
	}
}

// some reports a list that is written and empty.
func (v *validator) some(field string, length int, hint string) {
	if v.written(field) && length == 0 {
		v.report(field, "is empty", "at least one entry", hint)
	}
}

// regex reports what is not a regular expression of RE2.
func (v *validator) regex(field, expression string) {
	if _, err := syntax.Parse(expression, syntax.Perl); err != nil {
		reason := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		v.report(field, brief(expression)+" is not a regular expression: "+reason, "RE2 syntax", "")
	}
}

// entry returns the path of an entry of a list.
func entry(list string, i int) string {
	return list + "[" + strconv.Itoa(i) + "]"
}
