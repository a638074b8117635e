package strict_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/policies/strict"
)

// garden is a document that has every kind of field.
type garden struct {
	Name    string            `yaml:"name" required:"true" doc:"Name of the garden."`
	Open    bool              `yaml:"open"`
	Area    float64           `yaml:"area"`
	Beds    *int              `yaml:"beds" min:"1" max:"9"`
	Paths   uint8             `yaml:"paths"`
	Soil    string            `yaml:"soil" enum:"sand,loam,clay"`
	Days    []string          `yaml:"days" enum:"mon,tue"`
	Plants  []plant           `yaml:"plants"`
	Labels  map[string]string `yaml:"labels"`
	Planted *time.Time        `yaml:"planted"`
	Height  *height           `yaml:"height"`
	Colours colours           `yaml:"colours"`
	Pond    *plant            `yaml:"pond" later:"the rain"`
}

type plant struct {
	Kind string `yaml:"kind" required:"true"`
	care `yaml:",inline"`
}

type care struct {
	Water *int `yaml:"water"`
	Sun   bool `yaml:"sun"`
}

// height reads its own text, such as "5m".
type height int

func (h *height) UnmarshalText(text []byte) error {
	_, err := fmt.Sscanf(string(text)+"\n", "%dm\n", (*int)(h))
	if err != nil {
		return &strict.Error{Message: string(text) + " is not a height", Expected: "a height such as 5m", Hint: "write the unit"}
	}
	return nil
}

func (h height) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%dm", int(h)), nil }

func (height) JSONSchema() strict.Schema {
	return strict.Schema{Type: strict.Types{"string"}, Description: "a height such as 5m"}
}

// colours are written as one text or several.
type colours []string

func (c *colours) AddText(text string) error {
	if text == "plaid" {
		return &strict.Error{Message: "plaid is not a colour"}
	}
	*c = append(*c, text)
	return nil
}

func (colours) JSONSchema() strict.Schema {
	return strict.Schema{Description: "one colour or a list"}
}

// read decodes all the documents of a text.
func read(text string) (gardens []garden, problems []strict.Problem) {
	nodes, problems := strict.Read([]byte(text))
	for _, node := range nodes {
		var g garden
		_, found := node.Decode(&g)
		problems = append(problems, found...)
		gardens = append(gardens, g)
	}
	return gardens, problems
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	beds, water := 3, 2
	planted, tall := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), height(5)
	full := garden{
		Name: "rose garden", Open: true, Area: 1.5e3, Beds: &beds, Paths: 255, Soil: "loam", Days: []string{"mon", "tue"},
		Plants: []plant{{Kind: "rose", care: care{Water: &water, Sun: true}}, {Kind: "fern"}},
		Labels: map[string]string{"a.b/c": "d"}, Planted: &planted, Height: &tall, Colours: colours{"red", "white"},
	}
	for name, test := range map[string]struct {
		text string
		want []garden
	}{
		"block style": {`
name: rose garden
open: true
area: 1.5e3
beds: 3
paths: 255
soil: loam
days:
- mon
- tue
plants:
  - kind: rose
    water: 2
    sun: true
  - kind: fern
labels:
  a.b/c: d
planted: 2026-12-31T00:00:00Z
height: 5m
colours: [red, white]
`, []garden{full}},
		"JSON, with tabs for white space": {"{\n\t\"name\":\"rose garden\",\"open\":true,\"area\":1500,\t\"beds\":3,\"paths\":255,\"soil\":\"loam\",\"days\":[\"mon\",\"tue\"],\n" +
			"\t\"plants\":[{\"kind\":\"rose\",\"water\":2,\"sun\":true},{\"kind\":\"fern\"}],\"labels\":{\"a.b/c\":\"d\"},\"planted\":\"2026-12-31T00:00:00Z\",\"height\":\"5m\",\"colours\":[\"red\",\"white\"]}\n", []garden{full}},
		"several documents, the empty ones left out": {"---\n---\nname: a\n---\n# nothing\n---\n\n---\n{\"name\":\"b\"}\n...\n---\nname: c", []garden{{Name: "a"}, {Name: "b"}, {Name: "c"}}},
		"nothing at all":                               {"", nil},
		"comments alone":                               {"# one\n  # two\n", nil},
		"a document after an empty one":                {"name: a\n---\n---\nname: b\n", []garden{{Name: "a"}, {Name: "b"}}},
		"lines that end as on Windows":                 {"name: a\r\nopen: true\r\n", []garden{{Name: "a", Open: true}}},
		"a byte order mark":                            {"\ufeffname: a\n", []garden{{Name: "a"}}},
		"a text in block style":                        {"name: |\n  a\n  b\n", []garden{{Name: "a\nb\n"}}},
		"a text that is empty":                         {"name: \"\"\n", []garden{{}}},
		"an empty text in block style":                 {"name: |\nopen: true\n", []garden{{Open: true}}},
		"a number in quotes, as text":                  {"name: '42'\n", []garden{{Name: "42"}}},
		"words that other readers take for booleans":   {"name: yes\n", []garden{{Name: "yes"}}},
		"flow style on the line of the mark":           {"--- {name: a}\n--- # b\nname: b\n", []garden{{Name: "a"}, {Name: "b"}}},
		"an alias of a value above":                    {"name: &n a\nsoil: clay\nlabels: {x: *n}\n", []garden{{Name: "a", Soil: "clay", Labels: map[string]string{"x": "a"}}}},
		"an alias of a mapping":                        {"name: a\nplants: [&p {kind: rose}, *p]\n", []garden{{Name: "a", Plants: []plant{{Kind: "rose"}, {Kind: "rose"}}}}},
		"a question mark before a field":               {"? name\n: a\n", []garden{{Name: "a"}}},
		"escapes in JSON":                              {`{"name":"\u00e9\ud83d\ude00\/"}`, []garden{{Name: "é😀/"}}},
		"one colour where a list of them is as good":   {"name: a\ncolours: red\n", []garden{{Name: "a", Colours: colours{"red"}}}},
		"a document mark inside of a line is not one":  {"name: a --- b\n", []garden{{Name: "a --- b"}}},
		"an empty list, which is not the same as none": {"name: a\ndays: []\n", []garden{{Name: "a", Days: []string{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := read(test.text)
			if len(problems) > 0 {
				t.Fatalf("problems: %+v", problems)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(plant{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryProblemSaysWhereWhatAndWhatToDo(t *testing.T) {
	const fields = "name, open, area, beds, paths, soil, days, plants, labels, planted, height, colours or pond"
	for name, test := range map[string]struct{ text, want string }{
		"a field there is not":                 {"name: a\nopne: true", "2:1 opne: no such field (" + fields + "; did you mean open?)"},
		"a field that is nothing like any":     {"name: a\nzebra: 1", "2:1 zebra: no such field (" + fields + "; )"},
		"a field in capitals":                  {"name: a\nOpen: true", "2:1 Open: no such field (" + fields + "; did you mean open?)"},
		"a field written twice":                {"name: a\nopen: true\nname: b", "3:1 name: is written twice (; the first is on line 1; remove one)"},
		"a field written twice in JSON":        {`{"name":"a","name":"b"}`, "1:13 name: is written twice (; the first is on line 1; remove one)"},
		"a label written twice":                {"name: a\nlabels: {x: a, x: b}", "2:16 labels.x: is written twice (; remove one)"},
		"a field missing":                      {"open: true", "1:1 name: is missing (text; )"},
		"a field missing in a list":            {"name: a\nplants:\n- kind: b\n- sun: true", "4:3 plants[1].kind: is missing (text; )"},
		"a field of an inline struct":          {"name: a\nplants: [{kind: b, water: two}]", "2:27 plants[0].water: the text \"two\" (a whole number; )"},
		"a number where text belongs":          {"name: 42", "1:7 name: the number 42 (text; write \"42\" to mean the text)"},
		"a boolean where text belongs":         {"name: true", "1:7 name: true (text; write \"true\" to mean the text)"},
		"a list where text belongs":            {"name: [a]", "1:1 name: a list (text; )"},
		"a number in quotes":                   {"name: a\nbeds: \"3\"", "2:7 beds: the text \"3\" (a whole number; remove the quotes)"},
		"a number with a fraction":             {"name: a\nbeds: 3.5", "2:7 beds: 3.5 is not a whole number (a whole number; )"},
		"a number in hexadecimal":              {"name: a\nbeds: 0x3", "2:7 beds: the number 0x3 is not written in decimal (a whole number; write digits without leading zeros or plus sign)"},
		"a number with a leading zero":         {"name: a\nbeds: 03", "2:7 beds: the number 03 is not written in decimal (a whole number; write digits without leading zeros or plus sign)"},
		"infinity":                             {"name: a\narea: .inf", "2:7 area: the number .inf is not written in decimal (a number; write digits without leading zeros or plus sign)"},
		"a number too large for anything":      {"name: a\narea: 1e999", "2:7 area: 1e999 is too large (a number; )"},
		"a number too large for its type":      {"name: a\npaths: 256", "2:8 paths: 256 is out of range (a number from 0 to 255; )"},
		"a number below zero":                  {"name: a\npaths: -1", "2:8 paths: -1 is out of range (a number from 0 to 255; )"},
		"a number below its bound":             {"name: a\nbeds: 0", "2:7 beds: 0 is too small (a number from 1 to 9; )"},
		"a number above its bound":             {"name: a\nbeds: 10", "2:7 beds: 10 is too large (a number from 1 to 9; )"},
		"yes for true":                         {"name: a\nopen: yes", "2:7 open: the text \"yes\" (true or false; write true)"},
		"True in a capital":                    {"name: a\nopen: True", "2:7 open: True (true or false; write true)"},
		"off for false":                        {"name: a\nopen: off", "2:7 open: the text \"off\" (true or false; write false)"},
		"an unknown text of an enum":           {"name: a\nsoil: lom", "2:7 soil: \"lom\" is not known (sand, loam or clay; did you mean loam?)"},
		"an unknown text in a list of an enum": {"name: a\ndays: [mon, sunday]", "2:13 days[1]: \"sunday\" is not known (mon or tue; )"},
		"a text where a list belongs":          {"name: a\ndays: mon", "2:7 days: the text \"mon\" (a list; begin each entry with a dash, or write [ ] around it)"},
		"a list where a mapping belongs":       {"name: a\nlabels: [x]", "2:1 labels: a list (a mapping of names to values; )"},
		"a text where a struct belongs":        {"name: a\nplants: [rose]", "2:10 plants[0]: the text \"rose\" (a mapping with kind, water or sun; )"},
		"a value left empty":                   {"name: a\nopen:\nbeds: 3", "2:1 open: has no value (true or false; write one or remove the field)"},
		"null in JSON":                         {`{"name":"a","beds":null}`, "1:13 beds: has no value (a whole number; write one or remove the field)"},
		"an entry left empty":                  {"name: a\ndays:\n- mon\n-", "4:3 days[1]: has no value (text; write one or remove the field)"},
		"a time that is none":                  {"name: a\nplanted: tomorrow", "2:10 planted: the text \"tomorrow\" (a time such as 2026-12-31T00:00:00Z; )"},
		"a text its type cannot read":          {"name: a\nheight: 5", "2:9 height: 5 is not a height (a height such as 5m; write the unit)"},
		"a list for a type that reads texts":   {"name: a\nheight: [5m]", "2:1 height: a list (a height such as 5m; )"},
		"one of several texts":                 {"name: a\ncolours:\n- red\n- plaid", "4:3 colours[1]: plaid is not a colour (; )"},
		"no texts at all":                      {"name: a\ncolours: []", "2:1 colours: is empty (one colour or a list; )"},
		"what comes later":                     {"name: a\npond: {kind: lily}", "2:1 pond: is not available yet (; it comes with the rain; remove the field)"},
		"what is wrong inside of what is later": {
			"name: a\npond: {kind: 1}",
			"2:1 pond: is not available yet (; it comes with the rain; remove the field)\n2:14 pond.kind: the number 1 (text; write \"1\" to mean the text)",
		},
		"several at once": {
			"nme: a\nbeds: 0",
			"1:1 nme: no such field (" + fields + "; did you mean name?)\n2:7 beds: 0 is too small (a number from 1 to 9; )\n1:1 name: is missing (text; )",
		},
		"the second of two documents":        {"name: a\n---\n\nname: 1", "4:7 name: the number 1 (text; write \"1\" to mean the text)"},
		"a document that is a list":          {"- a", "1:1 : a list (a mapping with " + fields + "; )"},
		"columns count letters, not bytes":   {"name: a\nlabels: {é: ü, x: 1}", "2:19 labels.x: the number 1 (text; write \"1\" to mean the text)"},
		"a merge key":                        {"name: a\n<<: {open: true}", "2:1 : merge keys (<<) are not understood (; write the fields out, or use an alias for a whole value)"},
		"a tag":                              {"name: !!str 5", "1:7 : the tag !!str is not understood (; remove it; quote what is meant as text)"},
		"a directive":                        {"%YAML 1.2\n---\nname: a", "1:1 : YAML directives are not understood (; remove the line)"},
		"an alias of nothing":                {"name: *a", "1:7 : the alias *a has no anchor above it (; write &a before the value it stands for)"},
		"an alias inside of its own anchor":  {"name: a\nplants: &p [*p]", "2:13 : the alias *p has no anchor above it (; write &p before the value it stands for)"},
		"a document on the line of its mark": {"--- name: a", "1:5 : a document on the line of its mark (; begin on the line after it)"},
		"a list as the name of a field":      {"name: a\n[b]: c", "2:4 : malformed"},
		"a tab for indentation":              {"labels:\n\tx: a", "2:1 : malformed"},
		"a bracket that does not close":      {"name: [a", "1:7 : malformed"},
		"two values in one":                  {"name: a: b", "1:7 : malformed"},
		"JSON with tabs and no comma": {
			"{\n\t\"name\": \"a\"\n\t\"beds\": 3\n}", "3:2 : malformed JSON: invalid character '\"' after object key:value pair (; )",
		},
		"a control character":    {"name: a\x01b", "1:8 : the control character U+0001 (; in double quotes it can be written as an escape such as \"\\x00\")"},
		"a byte that is no text": {"name: \xff", "1:7 : a byte that is not UTF-8 (text in UTF-8; )"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := read(test.text)
			var lines []string
			for _, p := range problems {
				lines = append(lines, fmt.Sprintf("%d:%d %s: %s (%s; %s)", p.Line, p.Column, p.Field, p.Message, p.Expected, p.Hint))
			}
			got := strings.Join(lines, "\n")
			if got == test.want || strings.HasSuffix(test.want, "malformed") && len(lines) == 1 && strings.HasPrefix(got, test.want) {
				return
			}
			t.Errorf("got\n%s\nwant\n%s", got, test.want)
		})
	}
}
