package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// order is what people send to checkout, and checkout to payment.
type order struct {
	Basket string `json:"basket,omitempty"`
	Cents  int    `json:"cents"`
}

// receipt is what a service of the shop answers.
type receipt struct {
	Order   uint64 `json:"order,omitempty"`
	Payment string `json:"payment"` // accepted, pending or failed
	Why     string `json:"why,omitempty"`
}

// maxOrder bounds what a service reads of a request, in bytes.
const maxOrder = 64 << 10

// payment is the service that takes the money. It works for a while on each
// call, on as many at once as there are.
func payment(work time.Duration) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("POST /payments", func(w http.ResponseWriter, r *http.Request) {
		var asked order
		if err := json.NewDecoder(io.LimitReader(r.Body, maxOrder)).Decode(&asked); err != nil {
			answer(w, http.StatusBadRequest, receipt{Payment: "failed", Why: "the order is not JSON: " + err.Error()})
			return
		}
		timer := time.NewTimer(around(work, rand.Float64()))
		defer timer.Stop()
		select {
		case <-timer.C:
			answer(w, http.StatusOK, receipt{Payment: "accepted"})
		case <-r.Context().Done(): // the caller left
		}
	})
	return mux
}

// around returns a duration up to a quarter below or above d; luck, in [0,1),
// says which.
func around(d time.Duration, luck float64) time.Duration {
	return time.Duration(float64(d) * (0.75 + luck/2))
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintln(w, "ok")
}

// answer sends r as JSON. A caller that left does not hear it, which is no
// error of ours.
func answer(w http.ResponseWriter, status int, r receipt) {
	body, err := json.Marshal(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, "%s\n", body)
}
