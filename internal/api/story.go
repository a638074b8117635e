package api

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// Story is a run told, in the forms there are.
type Story struct {
	Markdown []byte
	// Value is the story as data; it is written as JSON.
	Value any
}

const (
	markdown = "text/markdown"
	asJSON   = "application/json"
)

// story tells a run in the form that is asked for; markdown if none is.
func (a *API) story(w http.ResponseWriter, r *http.Request) (answer, error) {
	w.Header().Add("Vary", "Accept")
	form := prefer(r.Header.Values("Accept"), markdown, asJSON)
	if form == "" {
		return answer{}, refuse(http.StatusNotAcceptable, "a story is told as %s or %s; html is not available yet", markdown, asJSON)
	}
	run, err := a.find(r.Context(), r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	told, err := a.Verification.Story(r.Context(), run.ID)
	if err != nil {
		return answer{}, err
	}
	if form == asJSON {
		return ok(told.Value)
	}
	w.Header().Set("Content-Type", markdown+"; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if _, err := w.Write(told.Markdown); err != nil {
		return answer{}, fmt.Errorf("send the story: %w", err)
	}
	return answer{}, nil
}

// prefer returns the offer an Accept header likes best, the first of equals, or
// "" when it wants none of them (RFC 9110 section 12.5.1).
func prefer(accept []string, offers ...string) string {
	header := strings.Join(accept, ",")
	if strings.TrimSpace(header) == "" {
		return offers[0]
	}
	best, liking := "", 0.0
	for _, offer := range offers {
		if q := quality(header, offer); q > liking {
			best, liking = offer, q
		}
	}
	return best
}

// quality returns how much an Accept header likes a media type, in [0,1]: the
// word of the most specific range that covers it.
func quality(accept, offer string) float64 {
	family, _, _ := strings.Cut(offer, "/")
	q, specific := 0.0, 0
	for part := range strings.SplitSeq(accept, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		rank := map[string]int{"*/*": 1, family + "/*": 2, offer: 3}[media]
		if rank <= specific {
			continue
		}
		specific, q = rank, 1
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				q = 0
			}
		}
	}
	return q
}
