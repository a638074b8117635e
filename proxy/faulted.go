package proxy

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
)

// faulted carries one request whose fault has more to say once the upstream was
// called.
type faulted struct {
	handler *handler
	answer  *answer
	http2   bool
	gone    <-chan struct{} // closed when the caller has left
	body    io.Reader       // of the answer
	cut     error           // how the fault ended the body; nil: it did not
}

// forwardFaulted is forward for such a request.
func (h *handler) forwardFaulted(w *answer, r *http.Request) {
	f := &faulted{handler: h, answer: w, http2: r.ProtoMajor == 2, gone: r.Context().Done()}
	if r.Body != nil && r.Body != http.NoBody {
		if body := w.passage.Upload(r.Body); body != io.Reader(r.Body) {
			r.Body = upload{body, r.Body, w}
		}
	}
	forward := *h.forward
	forward.ModifyResponse = f.respond
	forward.ErrorHandler = f.refuse
	defer f.finish()
	forward.ServeHTTP(w, r)
}

// otherwise is an action that takes the place of the upstream's answer.
type otherwise struct{ fault.Action }

// Error implements error.
func (otherwise) Error() string { return "the fault answers" }

// respond lets the answer meet its fault.
func (f *faulted) respond(res *http.Response) error {
	p := f.answer.passage
	action := p.Respond(fault.Head{
		Status: res.StatusCode, Fields: policies.FieldMap(res.Header), Length: res.ContentLength,
		Tunnel: res.StatusCode == http.StatusSwitchingProtocols,
	}, f.gone)
	if action.Do != fault.Forward {
		return otherwise{action}
	}
	if conn, ok := res.Body.(halfCloser); ok && res.StatusCode == http.StatusSwitchingProtocols {
		res.Body = p.Tunnel(conn)
		return nil
	}
	if action.Edit != nil {
		edit(res, action.Edit)
	}
	if body := p.Download(res.Body); body != io.Reader(res.Body) {
		f.body = body
		res.Body = readCloser{f, res.Body}
	}
	return nil
}

// refuse does what the fault says in place of the upstream's answer, or answers
// for an upstream that could not.
func (f *faulted) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if o, ok := errors.AsType[otherwise](err); ok {
		f.handler.act(f.answer, r, o.Action)
		return
	}
	f.handler.refuse(w, r, err)
}

// Read reads the answer's body, and notes how the fault ends it. On HTTP/2 a
// truncated one ends by END_STREAM, short of its declared length.
func (f *faulted) Read(p []byte) (int, error) {
	n, err := f.body.Read(p)
	if errors.Is(err, fault.ErrTruncated) || errors.Is(err, fault.ErrReset) {
		f.cut, f.answer.failed = err, true
		if f.http2 && errors.Is(err, fault.ErrTruncated) {
			err = io.EOF
		}
	}
	return n, err
}

// finish ends an answer the fault has cut short, once what came before is out.
// The caller of a truncated one sees the connection end in order.
func (f *faulted) finish() {
	if f.cut == nil || f.http2 && errors.Is(f.cut, fault.ErrTruncated) {
		return
	}
	_ = http.NewResponseController(f.answer.ResponseWriter).Flush() // the caller may have left
	if errors.Is(f.cut, fault.ErrReset) {
		f.answer.end(true)
	}
}

// edit changes an answer as the fault says.
func edit(res *http.Response, e *fault.Edit) {
	if e.Status != 0 {
		res.StatusCode = e.Status
	}
	for _, name := range e.Remove {
		delete(res.Header, name)
	}
	if e.Body != nil {
		_ = res.Body.Close() // nobody reads it
		res.Body, res.Trailer = io.NopCloser(strings.NewReader(*e.Body)), nil
		delete(res.Header, "Content-Length")
		if res.StatusCode != http.StatusNoContent && res.StatusCode != http.StatusNotModified {
			res.Header["Content-Length"] = []string{strconv.Itoa(len(*e.Body))}
		}
	}
	for _, field := range e.Set {
		res.Header[field.Name] = []string{field.Value}
	}
	for _, field := range e.Add {
		res.Header[field.Name] = append(res.Header[field.Name], field.Value)
	}
}

// upload is the body of a request on its way to the upstream. When it cannot be
// read to its end, nobody knows where the next request begins: the connection
// is closed then, which net/http does not do for a body that was wrapped
// (golang.org/issue/81143).
type upload struct {
	io.Reader
	io.Closer
	answer *answer
}

// Read implements io.Reader.
func (u upload) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if err != nil && err != io.EOF {
		u.answer.broken.Store(true)
	}
	return n, err
}
