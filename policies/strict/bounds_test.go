package strict_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/policies/strict"
)

// size of hostile texts: an eighth of what is read keeps the test quick, and
// what is not linear is far too slow at a sixteenth already.
const size = strict.MaxBytes / 8

// fill repeats a text to the size.
func fill(before, text, after string) string {
	return before + strings.Repeat(text, (size-len(before)-len(after))/len(text)) + after
}

// hostile are texts made to cost more than their size.
func hostile() map[string]string {
	var levels, stairs strings.Builder
	levels.WriteString("a: &a [x,x,x,x,x,x,x,x,x,x]\n")
	for name := 'b'; name < 'j'; name++ {
		fmt.Fprintf(&levels, "%c: &%c [%s]\n", name, name, strings.Repeat(fmt.Sprintf("*%c,", name-1), 10))
	}
	bomb := levels.String()
	for depth := 0; stairs.Len() < size/2; depth++ {
		stairs.WriteString(strings.Repeat(" ", depth) + "a:\n")
	}
	return map[string]string{
		"an alias bomb":                    bomb,
		"alias bombs in many documents":    fill("", bomb+"---\n", ""),
		"brackets that open":               fill("", "[", ""),
		"braces that open":                 fill("", "{", ""),
		"brackets in JSON":                 strings.Repeat("[", size/2) + strings.Repeat("]", size/2),
		"dashes on one line":               fill("", "- ", ""),
		"dashes on lines":                  fill("", "-\n", ""),
		"dashes on lines, in documents":    fill("", strings.Repeat("-\n", 9000)+"---\n", ""),
		"question marks":                   fill("", "? ", ""),
		"stairs":                           stairs.String(),
		"one field over and over":          fill("", "a: 1\n", ""),
		"fields, in documents":             fill("", strings.Repeat("a: 1\n", 999)+"---\n", ""),
		"fields in flow style":             fill("{", "a: 1,", "}"),
		"fields in flow style, documents":  fill("", "{"+strings.Repeat("a: 1,", 900)+"}\n---\n", ""),
		"fields in JSON":                   fill("{", `"a":1,`, `"b":1}`),
		"long names":                       fill("", strings.Repeat("n", 2000)+": 1\n", ""),
		"long names over many entries":     fill(strings.Repeat("n", 250)+":\n", "- a\n", ""),
		"empty lines in a block text":      fill("a: |\n", "\n", ""),
		"empty lines in long block texts":  fill("a: |\n", strings.Repeat("  text\n", 1000)+strings.Repeat("\n", 49), ""),
		"a long block text, empty lines":   "a: |\n" + strings.Repeat("  text\n", 18_000) + strings.Repeat("\n", 49),
		"a folded text":                    fill("a: >\n", "  b\n\n", ""),
		"a text over many lines":           fill("a: b\n", "  b\n", ""),
		"a text in quotes over many lines": fill("a: \"", "b\n ", "\""),
		"escapes":                          fill("a: \"", `\x41`, "\""),
		"anchors":                          fill("", "&a ", ""),
		"tags":                             fill("", "!a ", ""),
		"stars":                            fill("", "*a ", ""),
		"comments":                         fill("", "#\n", ""),
		"comments behind fields":           fill("", "a: b # c\n", ""),
		"spaces":                           fill("a:", " ", "b"),
		"tabs":                             fill("", "\t", ""),
		"colons":                           fill("", ": ", ""),
		"per cent signs":                   fill("", "%a\n", ""),
		"small documents":                  fill("", "---\na: 1\n", ""),
		"small documents in JSON":          fill("", "---\n{}\n", ""),
		"document ends":                    fill("", "...\n", ""),
		"unknown fields":                   fill("", "{name: a, zzzzz: 1}\n---\n", ""),
		"plants without anything":          fill("{\"name\":\"a\",\"plants\":[", `{},`, `{}]}`),
		"one long line":                    fill("", "a", ""),
		"one long word with colons":        fill("", "a:", ""),
		"quotes":                           fill("a: '", "''", "'"),
	}
}

func TestHostileTextsAreReadInTimeInProportionToTheirSize(t *testing.T) {
	const bound = 10 * time.Second // a hundred times what it takes
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			nodes, problems := read(text)
			if took := time.Since(start); took > bound {
				t.Errorf("took %v for %d bytes", took, len(text))
			}
			if len(nodes) == 0 && len(problems) == 0 && strings.Trim(text, "#.\t\n") != "" {
				t.Error("neither read nor refused")
			}
		})
	}
}

func TestWhatIsTooLargeIsRefusedByName(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"a text":                {strings.Repeat("#", strict.MaxBytes+1), "the text is larger than 1048576 bytes"},
		"an alias bomb":         {hostile()["an alias bomb"], "more than 200000 values, aliases counted as often as they are used"},
		"brackets":              {strings.Repeat("[", 100), "nested more than 32 deep"},
		"brackets in JSON":      {strings.Repeat("[", 100) + strings.Repeat("]", 100), "nested more than 32 deep"},
		"stairs":                {hostile()["stairs"], "nested more than 32 deep"},
		"dashes":                {strings.Repeat("- ", 100), "nested more than 32 deep"},
		"a list":                {hostile()["dashes on lines"], "a document of more than 10000 names, values and signs"},
		"a mapping":             {strings.Repeat("a: 1\n", 1001), "a mapping of more than 1000 fields"},
		"a name":                {strings.Repeat("n", 257) + ": 1", "a field name of more than 256 bytes"},
		"empty lines":           {"a: |\n  b\n" + strings.Repeat("\n", 51), "more than 50 empty lines in a row"},
		"a name in JSON":        {`{"` + strings.Repeat("n", 257) + `":1}`, "a field name of more than 256 bytes"},
		"many values in JSON":   {"[" + strings.Repeat("1,", 200_000) + "1]", "more than 200000 values, aliases counted as often as they are used"},
		"names on top of names": {strings.Repeat("{"+strings.Repeat("n", 250)+": ", 6), "field names of more than 1024 bytes on the way to a value"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := strict.Read([]byte(test.text))
			if len(problems) != 1 || problems[0].Message != test.want {
				t.Errorf("got %+v, want %q", problems, test.want)
			}
		})
	}
}
