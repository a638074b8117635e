package fault //nolint:testpackage // the parser is not exported

import "testing"

func TestTraceparentIsReadAsTheStandardSays(t *testing.T) {
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for text, want := range map[string]bool{
		good: true,
		"cc" + good[2:] + "-what-the-future-brings": true,
		"00" + good[2:] + "-more":                   false,
		"ff" + good[2:]:                             false,
		"cc" + good[2:] + "x":                       false,
		"":                                          false,
		good[:54]:                                   false,
		"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01": false,
		"00-00000000000000000000000000000000-b7ad6b7169203331-01": false,
		"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01": false,
		"00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01": false,
	} {
		if _, ok := parseTraceparent(text); ok != want {
			t.Errorf("%q: %t, want %t", text, ok, want)
		}
	}
}

func FuzzTraceparent(f *testing.F) {
	_, made := newTrace()
	f.Add(made)
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	f.Fuzz(func(t *testing.T, text string) {
		if id, ok := parseTraceparent(text); ok && id == (traceID{}) {
			t.Errorf("%q was read as the empty id", text)
		}
		id, made := newTrace()
		if got, ok := parseTraceparent(made); !ok || got != id {
			t.Fatalf("what we make (%s) is not what we read", made)
		}
	})
}
