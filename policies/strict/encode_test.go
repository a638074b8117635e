package strict_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/policies/strict"
)

func TestEncodeLeavesOutWhatHoldsNothing(t *testing.T) {
	water, tall := 0, height(5)
	for name, test := range map[string]struct {
		of   garden
		want string
	}{
		"only what is required":                {garden{}, `{"name":""}`},
		"a pointer to zero, which was written": {garden{Name: "a", Plants: []plant{{Kind: "b", care: care{Water: &water}}}}, `{"name":"a","plants":[{"kind":"b","water":0}]}`},
		"a type that writes its own text":      {garden{Name: "a", Height: &tall}, `{"name":"a","height":"5m"}`},
		"a map by its sorted names":            {garden{Name: "a", Labels: map[string]string{"z": "1", "b": "<"}}, `{"name":"a","labels":{"b":"<","z":"1"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := strict.Encode(test.of)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeTellsWhereEveryFieldStands(t *testing.T) {
	nodes, _ := strict.Read([]byte("name: a\nplants:\n- kind: b\n  sun: true\nlabels: {a.b: c}\nfoo: 1\n"))
	var g garden
	got, _ := nodes[0].Decode(&g)
	want := map[string]strict.Place{
		"name": {1, 7}, "plants": {2, 1}, "plants[0]": {3, 3}, "plants[0].kind": {3, 9}, "plants[0].sun": {4, 8},
		"labels": {5, 1}, `labels["a.b"]`: {5, 15},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSchemaSaysWhatTheTagsSay(t *testing.T) {
	got := strict.Describe(reflect.TypeFor[garden]())
	beds := got.Properties["beds"]
	switch {
	case !slices.Equal(got.Required, []string{"name"}):
		t.Errorf("required: %v", got.Required)
	case got.Additional != false:
		t.Error("takes fields that are unknown")
	case *beds.Minimum != 1 || *beds.Maximum != 9 || beds.Type[0] != "integer":
		t.Errorf("beds: %+v", beds)
	case !slices.Equal(got.Properties["days"].Items.Enum, []string{"mon", "tue"}):
		t.Errorf("days: %+v", got.Properties["days"])
	case got.Properties["plants"].Items.Ref != "#/$defs/plant" || got.Defs["plant"].Properties["water"] == nil:
		t.Errorf("plants: %+v", got.Defs)
	case got.Properties["height"].Description != "Written as a height such as 5m.":
		t.Errorf("height: %+v", got.Properties["height"])
	case got.Properties["pond"].Description != "Not available yet: it comes with the rain.":
		t.Errorf("pond: %+v", got.Properties["pond"])
	case got.Properties["planted"].Format != "date-time":
		t.Errorf("planted: %+v", got.Properties["planted"])
	}
}

func TestSuggestFindsWhatWasMeant(t *testing.T) {
	list := []string{"status", "connection", "grpcStatus"}
	for text, want := range map[string]string{
		"stauts": "status", "Status": "status", "connecton": "connection", "grpcstatus": "grpcStatus", "statusCode": "", "x": "", "": "",
	} {
		if got := strict.Suggest(text, list); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", text, got, want)
		}
	}
}

// FuzzRead holds that no text makes the decoder panic, and that a text that is
// accepted means the same once it is written and read again.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"name: a\nplants: [{kind: b, water: 1}]\nlabels: {x: \"1\"}\n", "{\"name\":\"a\",\t\"open\":true}", "name: &a b\nsoil: *a\n",
		"--- {name: a}\n...\n---\nname: |\n  x\n\n  y\n", "name: 'a\n  b'\ncolours: [red]\nheight: 5m\nplanted: 2026-01-01T00:00:00Z\n",
		"? name\n: >-\n  a\n", "%YAML 1.2\n---\n<<: *a", "name: !!str [\n", "- - - a: b: c", "name: a\narea: 1e3\nbeds: 0\n", "\"name\": \"\\ud83d\\u0000\"",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		nodes, problems := strict.Read(data)
		for _, p := range problems {
			if p.Message == "" {
				t.Errorf("a problem without words: %+v", p)
			}
		}
		for _, node := range nodes {
			var first, second garden
			if _, problems := node.Decode(&first); len(problems) > 0 {
				continue
			}
			text := encode(t, first)
			again, problems := strict.Read(text)
			if len(problems) > 0 || len(again) != 1 {
				t.Fatalf("%s cannot be read back: %v", text, problems)
			}
			if _, problems := again[0].Decode(&second); len(problems) > 0 {
				t.Fatalf("%s is not accepted: %v", text, problems)
			}
			if !bytes.Equal(text, encode(t, second)) {
				t.Errorf("%s became %s", text, encode(t, second))
			}
		}
	})
}

func encode(t *testing.T, g garden) []byte {
	t.Helper()
	text, err := strict.Encode(g)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
