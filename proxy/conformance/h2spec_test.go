//go:build e2e

package conformance_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/poise-dev/poise/proxy"
)

// passed finds how h2spec says it went.
var passed = regexp.MustCompile(`(\d+) tests, (\d+) passed`)

func TestH2spec(t *testing.T) {
	address := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, "fine")
	})
	h2spec := tool(t, "github.com/summerwind/h2spec/cmd/h2spec")
	for name, tc := range map[string]struct {
		tls   proxy.TLS
		args  []string
		least int
	}{
		"over TLS":             {certificate(t), []string{"-t", "-k"}, 143},
		"with prior knowledge": {proxy.TLS{}, nil, 142},
	} {
		t.Run(name, func(t *testing.T) {
			at := listen(t, proxy.Listener{Upstream: "http://" + address, TLS: tc.tls})
			out, _ := run(t, nil, h2spec, append(tc.args, "-h", "127.0.0.1", "-p", port(t, at), "-o", "2")...) // fails when a test does
			found := passed.FindStringSubmatch(out)
			if found == nil {
				t.Fatalf("h2spec says nothing of how it went:\n%s", out)
			}
			if n, _ := strconv.Atoi(found[2]); n < tc.least {
				_, failures, _ := strings.Cut(out, "Failures:")
				t.Errorf("%s, want at least %d\n%s", found[0], tc.least, failures)
			}
			t.Log(found[0])
			_, failures, _ := strings.Cut(out, "Failures:")
			t.Log(failures)
		})
	}
}
