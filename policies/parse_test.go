package policies_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/poise-dev/poise/policies"
)

const slow = `apiVersion: poise.dev/v1alpha1
kind: FaultPolicy
metadata:
  name: payment-slow
  labels: {team: checkout}
spec:
  listener: egress-payment
  percentage: 5
  fault:
    delay: {fixed: 400ms}
`

func TestParseReadsSeveralDocumentsOfAFile(t *testing.T) {
	text := slow + "---\n# nothing\n---\n" + `{"apiVersion":"poise.dev/v1alpha1","kind":"Hypothesis","metadata":{"name":"b"},` +
		`"spec":{"belief":"x","objectives":[{"name":"a","good":{"status":["2xx",404]},"target":99.5}]}}` + "\n"
	documents, err := policies.Parse("a.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(documents) != 2 {
		t.Fatalf("%d documents", len(documents))
	}
	first, second := documents[0], documents[1]
	switch {
	case first.Kind != policies.KindFaultPolicy || first.Policy == nil || first.Hypothesis != nil || first.Verification != nil:
		t.Errorf("the first is %+v", first)
	case first.Metadata.Name != "payment-slow" || first.Metadata.Labels["team"] != "checkout":
		t.Errorf("metadata: %+v", first.Metadata)
	case *first.Policy.Percentage != 5_000_000 || first.Policy.Fault.Delay.Fixed.String() != "400ms":
		t.Errorf("spec: %+v", first.Policy)
	case first.Origin != policies.Position{File: "a.yaml", Line: 1, Column: 1}:
		t.Errorf("origin: %+v", first.Origin)
	case second.Hypothesis == nil || !second.Hypothesis.Objectives[0].Good.Status.Has(404):
		t.Errorf("the second is %+v", second)
	case second.Origin != policies.Position{File: "a.yaml", Line: 14, Column: 1}:
		t.Errorf("origin: %+v", second.Origin)
	}
}

func TestProblemsAreOneLineEach(t *testing.T) {
	text := strings.Replace(slow, "percentage: 5", "percentage: 500\n  persentage: 1", 1)
	_, err := policies.Parse("payment.yaml", []byte(text))
	const want = "payment.yaml:8:15: spec.percentage: 500 is not a percentage (expected a number from 0 to 100; write 5 for one request in twenty)\n" +
		"payment.yaml:9:3: spec.persentage: no such field (expected listener, order, match, exclude, percentage, assign, seed, fault, limits, failFirst, headerControl or expires; did you mean percentage?)"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	problems, ok := errors.AsType[policies.Problems](err)
	if !ok {
		t.Fatalf("the error is %T", err)
	}
	got, _ := json.Marshal(problems[0])
	const wire = `{"file":"payment.yaml","line":8,"column":15,"field":"spec.percentage","message":"500 is not a percentage","expected":"a number from 0 to 100","hint":"write 5 for one request in twenty"}`
	if string(got) != wire {
		t.Errorf("in JSON:\n%s\nwant\n%s", got, wire)
	}
}

func TestParseRefusesWhatIsNoDocument(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"an unknown kind": {
			"apiVersion: poise.dev/v1alpha1\nkind: FaultPolice\nmetadata: {name: a}\nspec: {}\n",
			`2:7: kind: "FaultPolice" is not known (expected FaultPolicy, Hypothesis or Verification; did you mean FaultPolicy?)`,
		},
		"an unknown version": {
			strings.Replace(slow, "v1alpha1", "v1", 1),
			`1:13: apiVersion: "poise.dev/v1" is not known (expected poise.dev/v1alpha1)`,
		},
		"no kind": {
			"apiVersion: poise.dev/v1alpha1\nmetadata: {name: a}\nspec: {}\n",
			"1:1: kind: is missing (expected FaultPolicy, Hypothesis or Verification)",
		},
		"no spec": {
			"apiVersion: poise.dev/v1alpha1\nkind: Hypothesis\nmetadata: {name: a}\n",
			"1:1: spec: is missing (expected a mapping with belief, why, owner, objectives or comparison)",
		},
		"no name": {
			strings.Replace(slow, "  name: payment-slow\n", "", 1),
			"3:1: metadata.name: is missing (expected text)",
		},
		"a name that is no label": {
			strings.Replace(slow, "payment-slow", "Payment.slow", 1),
			"4:9: metadata.name: Payment.slow is not a name (expected 1 to 63 small letters, digits and dashes, no dash at either end)",
		},
		"a text alone":      {"hello\n", "1:1: the text \"hello\" (expected a mapping with apiVersion, kind, metadata or spec)"},
		"malformed YAML":    {"kind: [FaultPolicy\n", "1:7: malformed YAML: sequence end token ']' not found"},
		"malformed in part": {slow + "---\nkind: [\n", "12:7: malformed YAML: sequence end token ']' not found"},
	} {
		t.Run(name, func(t *testing.T) {
			documents, err := policies.Parse("", []byte(test.text))
			if err == nil || err.Error() != test.want {
				t.Errorf("got\n%v\nwant\n%s", err, test.want)
			}
			if documents != nil {
				t.Error("there are documents beside the error")
			}
		})
	}
}

func TestAThousandProblemsAreCut(t *testing.T) {
	text := strings.Repeat("{kind: x}\n---\n", 1000)
	_, err := policies.Parse("a.yaml", []byte(text))
	problems, _ := errors.AsType[policies.Problems](err)
	if len(problems) != 101 || problems[100].String() != "a.yaml: 3900 more problems" {
		t.Errorf("%d problems, the last is %q", len(problems), problems[len(problems)-1])
	}
}

func TestDocumentsAreWrittenAsTheyAreRead(t *testing.T) {
	documents, err := policies.Parse("", []byte(slow))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(documents[0])
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"apiVersion":"poise.dev/v1alpha1","kind":"FaultPolicy","metadata":{"name":"payment-slow","labels":{"team":"checkout"}},` +
		`"spec":{"listener":"egress-payment","percentage":5,"fault":{"delay":{"fixed":"400ms"}}}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// FuzzParse holds that no text makes Parse panic, that every problem says
// where and what, that what is accepted means the same once written and parsed
// again, and that the schema accepts it too.
func FuzzParse(f *testing.F) {
	examples, err := filepath.Glob("../deploy/examples/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range examples {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(slow))
	text, err := policies.Schema()
	if err != nil {
		f.Fatal(err)
	}
	schema := compileSchema(f, text)
	f.Fuzz(func(t *testing.T, data []byte) {
		documents, err := policies.Parse("f", data)
		if err != nil {
			problems, ok := errors.AsType[policies.Problems](err)
			if !ok || len(problems) == 0 {
				t.Fatalf("the error is %T: %v", err, err)
			}
			for _, p := range problems {
				if p.Message == "" || p.File != "f" {
					t.Errorf("a problem without file or words: %+v", p)
				}
			}
		}
		for _, document := range documents {
			text, err := json.Marshal(document)
			if err != nil {
				t.Fatal(err)
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("the schema refuses %s: %v", text, err)
			}
			again, err := policies.Parse("", text)
			if err != nil || len(again) != 1 {
				t.Fatalf("%s is not accepted again: %v", text, err)
			}
			if second, err := json.Marshal(again[0]); err != nil || !bytes.Equal(text, second) {
				t.Errorf("%s\nbecame\n%s (%v)", text, second, err)
			}
		}
	})
}
