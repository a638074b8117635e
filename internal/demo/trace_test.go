package demo_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poise-dev/poise/internal/demo"
)

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	spanID  = "00f067aa0ba902b7"
)

// traced deploys checkout before a payment that notes the headers it is called
// with, and returns a func that orders with a header and returns those.
func traced(t *testing.T) func(in http.Header) http.Header {
	t.Helper()
	heard := make(chan http.Header, 1)
	payment := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.Header }))
	t.Cleanup(payment.Close)
	shop, transport := openShop(t), wire(t)
	if err := shop.Deploy(demo.Fragile(), payment.URL); err != nil {
		t.Fatal(err)
	}
	return func(in http.Header) http.Header {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, shop.Checkout()+"/checkout", strings.NewReader(anOrder))
		if err != nil {
			t.Fatal(err)
		}
		request.Header = in
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return <-heard
	}
}

func TestCheckoutCarriesTheTraceOn(t *testing.T) {
	order := traced(t)
	for name, c := range map[string]struct {
		parent string
		want   string // a pattern; empty: none is sent
	}{
		"a sampled trace":                      {"00-" + traceID + "-" + spanID + "-01", "^00-" + traceID + "-[0-9a-f]{16}-01$"},
		"an unsampled trace":                   {"00-" + traceID + "-" + spanID + "-00", "^00-" + traceID + "-[0-9a-f]{16}-00$"},
		"a later version that says more":       {"01-" + traceID + "-" + spanID + "-01-more", "^00-" + traceID + "-[0-9a-f]{16}-01$"},
		"no trace":                             {"", ""},
		"a version that cannot be":             {"ff-" + traceID + "-" + spanID + "-01", ""},
		"version 00 that says more":            {"00-" + traceID + "-" + spanID + "-01-more", ""},
		"a later version that runs on":         {"01-" + traceID + "-" + spanID + "-01more", ""},
		"a trace id of zeros":                  {"00-" + strings.Repeat("0", 32) + "-" + spanID + "-01", ""},
		"a parent of zeros":                    {"00-" + traceID + "-" + strings.Repeat("0", 16) + "-01", ""},
		"upper case":                           {"00-" + strings.ToUpper(traceID) + "-" + spanID + "-01", ""},
		"a dash in the wrong place":            {"00-" + traceID + spanID + "--01", ""},
		"something shorter than a traceparent": {"00-" + traceID, ""},
	} {
		t.Run(name, func(t *testing.T) {
			in := http.Header{"Tracestate": {"vendor=1"}, "Baggage": {"poise.arm=v:fault", "user=42"}}
			if c.parent != "" {
				in.Set("Traceparent", c.parent)
			}
			out := order(in)
			got := out.Get("Traceparent")
			if c.want == "" {
				if got != "" || out.Get("Tracestate") != "" {
					t.Errorf("payment was called with traceparent %q, tracestate %q; want none", got, out.Get("Tracestate"))
				}
				return
			}
			if !regexp.MustCompile(c.want).MatchString(got) || strings.Contains(got, spanID) {
				t.Errorf("payment was called with traceparent %q, want one like %s with a span of its own", got, c.want)
			}
			if diff := cmp.Diff(in["Baggage"], out["Baggage"]); diff != "" {
				t.Errorf("baggage (-sent +heard):\n%s", diff)
			}
		})
	}
}

// FuzzTraceparent holds: whatever comes in, a well-formed child of the same
// trace goes out, or nothing.
func FuzzTraceparent(f *testing.F) {
	f.Add("00-"+traceID+"-"+spanID+"-01", uint64(7))
	f.Add("cc-"+traceID+"-"+spanID+"-01-what the future will say", uint64(0))
	f.Add("00-"+traceID+"-"+spanID+"-0", uint64(1))
	whole := regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)
	f.Fuzz(func(t *testing.T, parent string, span uint64) {
		child, ok := demo.ChildOf(parent, span)
		parts := whole.FindStringSubmatch(child)
		switch {
		case !ok && child != "":
			t.Errorf("%q was refused and became %q", parent, child)
		case !ok:
		case parts == nil || parts[2] == strings.Repeat("0", 16):
			t.Errorf("%q became %q, want a traceparent", parent, child)
		case parts[1] != parent[3:35]:
			t.Errorf("%q changed its trace: %q", parent, child)
		}
	})
}
