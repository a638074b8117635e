package strict_test

import (
	"strings"
	"testing"
	"time"

	"github.com/poise-dev/poise/policies/strict"
)

// fill repeats a text to the largest size that is read.
func fill(before, text, after string) string {
	return before + strings.Repeat(text, (strict.MaxBytes-len(before)-len(after))/len(text)) + after
}

// hostile are texts made to cost more than their size.
func hostile() map[string]string {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for name := 'b'; name < 'j'; name++ {
		last := string(name - 1)
		bomb += string(name) + ": &" + string(name) + " [" + strings.TrimSuffix(strings.Repeat("*"+last+",", 10), ",") + "]\n"
	}
	var stairs strings.Builder
	for depth := 0; stairs.Len() < strict.MaxBytes/2; depth++ {
		stairs.WriteString(strings.Repeat(" ", depth) + "a:\n")
	}
	return map[string]string{
		"an alias bomb":                    bomb,
		"alias bombs in many documents":    fill("", bomb+"---\n", ""),
		"brackets that open":               fill("", "[", ""),
		"braces that open":                 fill("", "{", ""),
		"brackets in JSON":                 strings.Repeat("[", strict.MaxBytes/2) + strings.Repeat("]", strict.MaxBytes/2),
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
		"a long block text, empty lines":   "a: |\n" + strings.Repeat("  text\n", 140_000) + strings.Repeat("\n", 49),
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
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, problems := read(text)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v for %d bytes", took, len(text))
			} else {
				t.Logf("took %v for %d bytes", took, len(text))
			}
			if len(problems) > 200 {
				t.Errorf("%d problems, more than anybody reads", len(problems))
			}
		})
	}
}
