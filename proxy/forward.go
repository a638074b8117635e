package proxy

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
)

// entrance returns where requests enter.
func (h *handler) entrance() http.Handler {
	if h.dialer == nil {
		return h
	}
	return forwarding(h)
}

// forwarding is what a forward proxy does before a request is one of many: it
// refuses what names no place to go to. Requests name it in absolute form, as
// HTTP_PROXY= makes applications do (RFC 9112 section 3.2.2), tunnels by
// CONNECT.
func forwarding(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if why := aim(r); why != "" {
			w.Header().Set("Proxy-Status", "poise; error=http_request_error")
			http.Error(w, why, http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// aim completes a request with where it goes, or says why it cannot.
func aim(r *http.Request) (why string) {
	if r.Method == http.MethodConnect {
		if _, port, err := net.SplitHostPort(r.Host); err != nil || port == "" {
			return "This is a forward proxy; CONNECT names HOST:PORT."
		}
		return ""
	}
	if r.ProtoMajor == 2 { // which has no form of its own for proxies
		r.URL.Scheme, r.URL.Host = "http", r.Host
	}
	switch {
	case r.URL.Host == "":
		return "This is a forward proxy; requests name the whole address, as in GET http://HOST/PATH. Set HTTP_PROXY to reach it."
	case r.URL.Scheme != "http" && r.URL.Scheme != "https":
		return "This is a forward proxy for http and https."
	}
	return ""
}

// tunnel connects the caller to the host it named, and passes bytes both ways
// until both have ended (RFC 9110 section 9.3.6). The answer ends with its head,
// as far as objectives go: what comes then is not HTTP.
func (h *handler) tunnel(w *answer, r *http.Request) {
	there, err := h.dialer.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	defer there.Close() // both ways have ended
	far, ok := h.meet(w, r, there)
	if !ok {
		return
	}
	here, err := opened(w, r)
	if err != nil {
		h.log.Debug("a tunnel did not open", "listener", h.lane.Name(), "error", err)
		w.failed = true
		return
	}
	defer here.Close()
	join(here, far)
}

// meet lets a tunnel meet its fault before it opens, and says whether it opens
// at all.
func (h *handler) meet(w *answer, r *http.Request, there halfCloser) (halfCloser, bool) {
	if !w.passage.Pending() {
		return there, true
	}
	head := fault.Head{Status: http.StatusOK, Fields: policies.FieldMap{}, Length: -1, Tunnel: true}
	if action := w.passage.Respond(head, r.Context().Done()); action.Do != fault.Forward {
		h.act(w, r, action)
		return nil, false
	}
	return w.passage.Tunnel(there), true
}

// opened answers that the tunnel is open, and returns the caller's end of it.
func opened(w *answer, r *http.Request) (halfCloser, error) {
	w.tunnel = true
	control := http.NewResponseController(w)
	if r.ProtoMajor == 2 {
		w.WriteHeader(http.StatusOK)
		if err := control.Flush(); err != nil {
			return nil, err
		}
		return &stream{ReadCloser: r.Body, w: w, flush: control.Flush}, nil
	}
	w.status, w.headAt = http.StatusOK, w.passage.Elapsed()
	raw, buffered, err := control.Hijack()
	if err != nil {
		return nil, err
	}
	if err := raw.SetDeadline(time.Time{}); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	if _, err := io.WriteString(raw, "HTTP/1.1 200 Connection Established\r\n\r\n"); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	early := io.LimitReader(buffered, int64(buffered.Reader.Buffered())) // sent right behind the request
	return &socket{Conn: raw, in: io.MultiReader(early, raw)}, nil
}

// halfCloser is an end of a tunnel.
type halfCloser interface {
	io.ReadWriteCloser
	CloseWrite() error
}

// socket is a connection that became an end of a tunnel.
type socket struct {
	net.Conn
	in io.Reader
}

func (s *socket) Read(b []byte) (int, error) { return s.in.Read(b) }

// CloseWrite ends what is sent.
func (s *socket) CloseWrite() error {
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// stream is an HTTP/2 stream that became an end of a tunnel.
type stream struct {
	io.ReadCloser
	w     io.Writer
	flush func() error
}

func (s *stream) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	if err != nil {
		return n, err
	}
	return n, s.flush()
}

// CloseWrite ends the stream: our half of one ends with its handler, which
// cannot wait for the other half then.
func (s *stream) CloseWrite() error { return s.Close() }

// join passes bytes both ways. The end of one side is passed on, and the other
// goes on; when one breaks, so does the other.
func join(here, there halfCloser) {
	var both sync.WaitGroup
	pass := func(to, from halfCloser) {
		_, err := io.Copy(to, from)
		if err == nil {
			err = to.CloseWrite()
		}
		if err != nil {
			_, _ = to.Close(), from.Close() // whoever still reads notices
		}
	}
	both.Go(func() { pass(there, here) })
	both.Go(func() { pass(here, there) })
	both.Wait()
}
