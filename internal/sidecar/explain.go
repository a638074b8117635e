package sidecar

import (
	"cmp"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/poise-dev/poise/internal/api"
	"github.com/poise-dev/poise/policies"
)

// Explain says what a request would meet if every policy had a lease. Where
// there is only one listener, it need not be named.
func Explain(set *policies.Set, listeners []string, q api.Question) (api.Answer, error) {
	r, err := request(q)
	if err != nil {
		return api.Answer{}, api.Refuse(http.StatusBadRequest, err)
	}
	switch {
	case r.Listener == "" && len(listeners) == 1:
		r.Listener = listeners[0]
	case r.Listener != "" && len(listeners) > 0 && !slices.Contains(listeners, r.Listener):
		return api.Answer{}, api.Refuse(http.StatusBadRequest,
			fmt.Errorf("there is no listener %q, only: %s", r.Listener, strings.Join(listeners, ", ")))
	}
	e := set.Explain(&r)
	a := api.Answer{Policy: e.Policy, Fault: e.Fault, Percentage: e.Percentage}
	for _, why := range e.Why {
		a.Why = append(a.Why, api.Why(why))
	}
	return a, nil
}

// request returns the request that is asked about.
func request(q api.Question) (policies.Request, error) {
	path, query, _ := strings.Cut(cmp.Or(q.Path, "/"), "?")
	if !strings.HasPrefix(path, "/") && path != "*" {
		return policies.Request{}, fmt.Errorf("path %q: expected one that begins with a slash", q.Path)
	}
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return policies.Request{}, fmt.Errorf("path %q: %w", q.Path, err)
	}
	header := policies.FieldMap{}
	for name, values := range q.Headers {
		name = textproto.CanonicalMIMEHeaderKey(name)
		header[name] = append(header[name], values...)
	}
	kind, _ := header.Field("Content-Type", 0)
	return policies.Request{
		Listener: q.Listener, Method: cmp.Or(q.Method, http.MethodGet), Host: q.Host,
		Path: decoded, RawQuery: query, Fields: header,
		GRPC: strings.HasPrefix(kind, "application/grpc"),
	}, nil
}
