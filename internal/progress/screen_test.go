package progress_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func itoa(n int) string { return strconv.Itoa(n) }

// screen is what a terminal of so many columns shows after it was sent text: its
// lines from top to bottom, without colours and trailing spaces. It knows what
// the display uses and fails on anything else.
func screen(t *testing.T, text string, columns int) []string {
	t.Helper()
	escape := regexp.MustCompile(`^\x1b\[([0-9]*)([AJm])`)
	lines, at, column := []string{""}, 0, 0
	for len(text) > 0 {
		if found := escape.FindStringSubmatch(text); found != nil {
			switch found[2] {
			case "A":
				n, err := strconv.Atoi(found[1])
				if err != nil || n > at {
					t.Fatalf("cursor moved up %q from line %d", found[1], at)
				}
				at -= n
			case "J":
				lines = append(lines[:at], lines[at][:column])
			}
			text = text[len(found[0]):]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\n':
			at, column = at+1, 0
			if at == len(lines) {
				lines = append(lines, "")
			}
		case '\r':
			column = 0
		case '\x1b':
			t.Fatalf("unknown escape sequence in %.10q", "\x1b"+text)
		default:
			lines[at] += string(r)
			if column++; column > columns {
				t.Fatalf("line %q is longer than %d columns", lines[at], columns)
			}
		}
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
