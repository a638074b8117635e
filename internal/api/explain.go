package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/poise-dev/poise/policies"
)

// Question is a request somebody wonders about. Nothing is sent.
type Question struct {
	// Listener it would come in at. Empty: the only one.
	Listener string `json:"listener"`
	// Method. Empty: GET.
	Method string `json:"method"`
	// Path with its query. Empty: "/".
	Path    string            `json:"path"`
	Host    string            `json:"host"`
	Headers map[string]Values `json:"headers"`
}

// Values are the values of a header field, written as a string or as a list.
type Values []string

// UnmarshalJSON reads a string or a list of strings.
func (v *Values) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*v = Values{one}
		return nil
	}
	var several []string
	if err := json.Unmarshal(text, &several); err != nil {
		return fmt.Errorf("a header is a string or a list of strings: %w", err)
	}
	*v = several
	return nil
}

// Answer is what the request would meet, and why.
type Answer struct {
	// Policy is the one that could act; empty: none.
	Policy string `json:"policy"`
	// Fault in words, and the percentage of such requests that meet it.
	Fault      string           `json:"fault"`
	Percentage policies.Percent `json:"percentage"`
	Why        []Why            `json:"why"`
}

// Why is what one policy says about the request, in the order they are tried.
type Why struct {
	Policy  string `json:"policy"`
	Matched bool   `json:"matched"`
	Why     string `json:"why"`
}

func (a *API) explain(w http.ResponseWriter, r *http.Request) (answer, error) {
	var q Question
	if err := readJSON(w, r, &q); err != nil {
		return answer{}, err
	}
	found, err := a.Explain(q)
	if err != nil {
		return answer{}, err
	}
	found.Why = list(found.Why)
	return ok(found)
}
