package policies_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/poise-dev/poise/policies"
)

var update = flag.Bool("update", false, "write the files that tests compare with")

const shippedSchema = "../deploy/schema.json"

func TestTheShippedSchemaIsTheSchema(t *testing.T) {
	got, err := policies.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(shippedSchema, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(shippedSchema)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("deploy/schema.json differs from Schema(); run the test with -update:\n%s", diff)
	}
}

func TestEveryKindHasItsSchema(t *testing.T) {
	for _, kind := range policies.Kinds() {
		schema, err := policies.SchemaOf(kind)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(schema), `"const": "`+string(kind)+`"`) {
			t.Errorf("the schema of %s does not ask for the kind", kind)
		}
		compileSchema(t, schema)
	}
	if _, err := policies.SchemaOf("Hypotesis"); err == nil {
		t.Error("there is a schema of an unknown kind")
	}
}

func TestExamplesAreRightByParserAndSchema(t *testing.T) {
	text, err := policies.Schema()
	if err != nil {
		t.Fatal(err)
	}
	schema := compileSchema(t, text)
	files, err := filepath.Glob("../deploy/examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(data, []byte("# yaml-language-server: $schema=../schema.json\n")) {
				t.Error("does not begin with the comment that tells editors the schema")
			}
			documents, err := policies.Parse(file, data)
			if err != nil {
				t.Fatalf("Parse:\n%v", err)
			}
			values := decodeAll(t, data)
			if len(values) != len(documents) {
				t.Fatalf("%d documents, another decoder sees %d", len(documents), len(values))
			}
			for _, value := range values {
				if err := schema.Validate(value); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestSchemaRefusesWhatTheParserRefusesByForm(t *testing.T) {
	text, err := policies.Schema()
	if err != nil {
		t.Fatal(err)
	}
	schema := compileSchema(t, text)
	for name, spec := range map[string]string{
		"an unknown field":             `{percentag: 5, fault: {delay: {fixed: 1s}}}`,
		"a percentage above 100":       `{percentage: 500, fault: {delay: {fixed: 1s}}}`,
		"a percentage in quotes":       `{percentage: "5", fault: {delay: {fixed: 1s}}}`,
		"a duration without unit":      `{percentage: 5, fault: {delay: {fixed: 400}}}`,
		"a duration of half a day":     `{percentage: 5, fault: {delay: {fixed: 0.5d}}}`,
		"an unknown way to break":      `{percentage: 5, fault: {abort: {connection: cut}}}`,
		"a status of four digits":      `{percentage: 5, fault: {abort: {status: 5030}}}`,
		"an unknown gRPC status":       `{percentage: 5, fault: {abort: {grpcStatus: UNAVAILABLY}}}`,
		"a gRPC status above 16":       `{percentage: 5, fault: {abort: {grpcStatus: 17}}}`,
		"a text where a list belongs":  `{percentage: 5, match: {path: {exact: /}}, fault: {delay: {fixed: 1s}}}`,
		"a header test without a name": `{percentage: 5, match: [{headers: [{exact: a}]}], fault: {delay: {fixed: 1s}}}`,
		"an unknown assignment":        `{percentage: 5, assign: {by: user}, fault: {delay: {fixed: 1s}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			data := []byte("apiVersion: poise.dev/v1alpha1\nkind: FaultPolicy\nmetadata: {name: x}\nspec: " + spec + "\n")
			if err := schema.Validate(decodeAll(t, data)[0]); err == nil {
				t.Error("the schema takes it")
			}
			if _, err := policies.Parse("", data); err == nil {
				t.Error("Parse takes it")
			}
		})
	}
}

// compileSchema compiles a schema, which fails when it is not one.
func compileSchema(tb testing.TB, text []byte) *jsonschema.Schema {
	tb.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", value); err != nil {
		tb.Fatal(err)
	}
	schema, err := compiler.Compile("schema.json")
	if err != nil {
		tb.Fatal(err)
	}
	return schema
}

// decodeAll decodes documents with a decoder that is not ours, as JSON values.
func decodeAll(t *testing.T, data []byte) []any {
	t.Helper()
	var values []any
	for part := range bytes.SplitSeq(data, []byte("\n---\n")) {
		text, err := yaml.YAMLToJSON(part)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	return values
}
