package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/poise-dev/poise/policies"
)

// Problem is an error as the API answers it (RFC 9457, problem+json).
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail says what is wrong and what to do, in words for people.
	Detail string `json:"detail,omitempty"`
	// Errors are the problems of documents, with their places.
	Errors policies.Problems `json:"errors,omitempty"`
}

// Error returns the detail.
func (p Problem) Error() string { return p.Detail }

// refusal is an error with the status it is answered with.
type refusal struct {
	error

	status int
}

func (r refusal) Unwrap() error { return r.error }

// Refuse returns err as the answer to a request, with an HTTP status.
func Refuse(status int, err error) error { return refusal{err, status} }

func refuse(status int, format string, args ...any) error {
	return Refuse(status, fmt.Errorf(format, args...))
}

// problemOf translates an error: refusals have their status, problems of
// documents are the sender's (400), anything else is ours (500).
func problemOf(err error) Problem {
	p := Problem{Type: "about:blank", Status: http.StatusInternalServerError, Detail: err.Error()}
	errors.As(err, &p.Errors)
	if len(p.Errors) > 0 {
		p.Status = http.StatusBadRequest
		p.Detail = fmt.Sprintf("%d problems; nothing was changed", len(p.Errors))
		if len(p.Errors) == 1 {
			p.Detail = p.Errors[0].String()
		}
	}
	if r, ok := errors.AsType[refusal](err); ok {
		p.Status, p.Detail = r.status, err.Error()
	}
	p.Title = http.StatusText(p.Status)
	return p
}

func writeProblem(w http.ResponseWriter, err error) {
	p := problemOf(err)
	write(w, p.Status, "application/problem+json", p)
}

// write answers with a value as JSON.
func write(w http.ResponseWriter, status int, contentType string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		writeProblem(w, fmt.Errorf("write the answer: %w", err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // whoever left does not need the answer
}

// answer is what a handler found: a status, and a value to write as JSON. A nil
// value was written by the handler itself.
type answer struct {
	value  any
	status int
}

func ok(v any) (answer, error) { return answer{v, http.StatusOK}, nil }

func created(v any) (answer, error) { return answer{v, http.StatusCreated}, nil }

// handle makes a handler of a function that returns its answer.
func (a *API) handle(f func(http.ResponseWriter, *http.Request) (answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found, err := f(w, r)
		switch {
		case err != nil:
			if problemOf(err).Status >= http.StatusInternalServerError {
				a.Log.WarnContext(r.Context(), "admin request failed", "method", r.Method, "path", r.URL.Path, "error", err)
			}
			writeProblem(w, err)
		case found.value != nil:
			write(w, found.status, "application/json", found.value)
		}
	})
}

// problems answers what the mux does not know as problems too: 404, and 405
// with the methods that are allowed.
func problems(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		seen := &probe{header: http.Header{}}
		handler.ServeHTTP(seen, r)
		if allow := seen.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
			writeProblem(w, refuse(http.StatusMethodNotAllowed, "%s is not possible here, only %s", r.Method, allow))
			return
		}
		writeProblem(w, refuse(http.StatusNotFound, "there is nothing at %q", r.URL.Path))
	})
}

// probe is a ResponseWriter that keeps the header and nothing else.
type probe struct{ header http.Header }

func (p *probe) Header() http.Header       { return p.header }
func (*probe) Write(b []byte) (int, error) { return len(b), nil }
func (*probe) WriteHeader(int)             {}
