package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	// patience is how long a body may take to arrive.
	patience = 10 * time.Second
	// maxJSON bounds the bodies of everything but documents, in bytes.
	maxJSON = 64 << 10
	// maxWords bounds what a person says in one go, in bytes.
	maxWords = 2000
)

// readBody reads a body of at most limit bytes (else 413) that arrives in time
// (else 408).
func readBody(w http.ResponseWriter, r *http.Request, limit int64, within time.Duration) ([]byte, error) {
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(within)) // a writer without deadlines has no slow peer
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		_ = conn.SetReadDeadline(time.Time{})
		return text, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", limit)
	}
	return nil, refuse(http.StatusRequestTimeout, "the body did not arrive: %w", err)
}

// readJSON reads one JSON value into v, strictly. An empty body leaves v as it
// is.
func readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	text, err := readBody(w, r, maxJSON, patience)
	if err != nil {
		return err
	}
	return parseJSON(text, v)
}

func parseJSON(text []byte, v any) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return refuse(http.StatusBadRequest, "the body is not what is expected here: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "the body has more than one JSON value")
	}
	return nil
}

// words returns what a person said as one line of valid UTF-8, cut at maxWords.
func words(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) { // it would speak to the reader's terminal
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if len(s) <= maxWords {
		return s
	}
	cut := maxWords
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
