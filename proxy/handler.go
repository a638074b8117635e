package proxy

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/poise-dev/poise/policies"
	"github.com/poise-dev/poise/proxy/fault"
)

// handler is the adapter between net/http and the engine: the only place where
// the two meet.
type handler struct {
	lane    *fault.Lane
	forward *httputil.ReverseProxy
	dialer  *dialer // opens tunnels; nil: this is no forward proxy
	added   bool    // Via and X-Forwarded-* are added
	log     *slog.Logger
	views   sync.Pool
}

func newHandler(lane *fault.Lane, up *Upstream, rt http.RoundTripper, added bool, log *slog.Logger) *handler {
	h := &handler{lane: lane, added: added, log: log}
	h.views.New = func() any { return new(view) }
	h.forward = &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { h.rewrite(r, up) },
		Transport:     rt,
		FlushInterval: -1, // a sidecar holds nothing back
		BufferPool:    &buffers{},
		ErrorHandler:  h.refuse,
		ErrorLog:      slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return h
}

// view is a request as the engine sees it, and the answer as the caller sees
// it. It is used again for later requests.
type view struct {
	request policies.Request
	answer  answer
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.answerHere(w, r) {
		return
	}
	v := h.views.Get().(*view)
	v.fill(w, r)
	p := h.lane.Enter(&v.request)
	v.answer.passage = p
	if tp := p.Traceparent(); tp != "" {
		r.Header["Traceparent"] = []string{tp}
	}
	defer func() {
		failure := recover()
		outcome := v.answer.outcome(r, failure)
		h.tell(r, p, outcome)
		p.Leave(outcome)
		*v = view{}
		h.views.Put(v)
		if failure != nil {
			panic(failure)
		}
	}()
	if p.Held() {
		readAhead(r)
	}
	h.act(&v.answer, r, p.Inject(r.Context().Done()))
}

// aheadBytes bounds what is read ahead of a request that is going to be held.
const aheadBytes = 64 << 10

// readAhead reads a small body before the request is held: net/http notices
// that a caller has left only once the body has been read.
func readAhead(r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength <= 0 || r.ContentLength > aheadBytes {
		return
	}
	var ahead bytes.Buffer
	_, err := io.CopyN(&ahead, r.Body, r.ContentLength)
	rest := io.Reader(&ahead)
	if err != nil {
		rest = io.MultiReader(&ahead, failing{err})
	}
	r.Body = readCloser{rest, r.Body}
}

// readCloser reads from one place and closes another.
type readCloser struct {
	io.Reader
	io.Closer
}

// failing is a reader that has failed.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func (v *view) fill(w http.ResponseWriter, r *http.Request) {
	v.answer.ResponseWriter = w
	v.request = policies.Request{
		Method:   r.Method,
		Host:     r.Host,
		Path:     r.URL.Path,
		RawQuery: r.URL.RawQuery,
		Fields:   policies.FieldMap(r.Header),
		Source:   peer(r.RemoteAddr),
		GRPC:     isGRPC(r.Header),
	}
	if c := connOf(r); c != nil {
		v.request.Identities = c.peer.Identities
	}
}

// act does what the engine decided.
func (h *handler) act(w *answer, r *http.Request, a fault.Action) {
	switch a.Do {
	case fault.Forward:
		h.carry(w, r)
	case fault.Answer:
		answerAbort(w, a.Abort)
	case fault.AnswerGRPC:
		answerGRPC(w, a.Abort)
	case fault.Reset:
		w.end(true)
	case fault.Close:
		w.end(false)
	case fault.Gone:
		panic(http.ErrAbortHandler)
	}
}

// carry takes a request to the upstream. One that meets a fault bears its name,
// so that the next poise leaves it alone.
func (h *handler) carry(w *answer, r *http.Request) {
	if mark, ok := w.passage.Mark(); ok {
		r.Header[mark.Name] = []string{mark.Value}
		if r.Header["Traceparent"] != nil {
			r.Header["Tracestate"] = []string{strings.Join(append([]string{"poise=" + mark.Value}, r.Header["Tracestate"]...), ",")}
		}
	}
	switch {
	case r.Method == http.MethodConnect:
		h.tunnel(w, r)
	case w.passage.Pending():
		h.forwardFaulted(w, r)
	default:
		h.forward.ServeHTTP(w, r)
	}
}

// tell writes the access log, one line for each request, at level debug.
func (h *handler) tell(r *http.Request, p *fault.Passage, o policies.Outcome) {
	if !h.log.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	line := []slog.Attr{
		slog.String("listener", h.lane.Name()), slog.String("method", r.Method), slog.String("host", r.Host),
		slog.String("path", r.URL.Path), slog.Int("status", o.Status), slog.Bool("complete", o.Complete),
		slog.Duration("took", p.Elapsed()), slog.String("arm", p.Decision().Arm.String()),
	}
	if met := p.Met(); met.Policy != "" {
		line = append(line, slog.String("fault_policy", met.Policy), slog.String("fault_type", met.Kinds),
			slog.Duration("fault_delay", met.Delay), slog.Bool("fault_released", met.Released))
	}
	h.log.LogAttrs(r.Context(), slog.LevelDebug, "request", line...)
}

// answerHere answers what must not be forwarded, and says whether it did:
// CONNECT to a gateway (RFC 9110 section 9.3.6), and TRACE and OPTIONS that may
// not go any further (section 7.6.2).
func (h *handler) answerHere(w http.ResponseWriter, r *http.Request) bool {
	switch r.Method {
	case http.MethodConnect:
		if h.dialer != nil {
			return false
		}
		w.WriteHeader(http.StatusMethodNotAllowed)
		return true
	case http.MethodTrace, http.MethodOptions:
		if r.Header.Get("Max-Forwards") == "0" {
			w.WriteHeader(http.StatusOK)
			return true
		}
	}
	return false
}

// rewrite addresses the request to the upstream, and changes nothing else but
// what a gateway must.
func (h *handler) rewrite(r *httputil.ProxyRequest, up *Upstream) {
	in, out := r.In, r.Out
	if up != nil {
		out.URL.Scheme, out.URL.Host = up.scheme, up.host
	}
	out.URL.RawQuery = in.URL.RawQuery // byte for byte, ";" and bad escapes included
	out.Host = in.Host
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, ok := in.Header[name]; ok {
			out.Header[name] = values
		}
	}
	if strings.EqualFold(out.Header.Get("Upgrade"), "h2c") { // RFC 9113 section 3.1
		out.Header.Del("Upgrade")
		out.Header.Del("Connection")
		out.Header.Del("Http2-Settings")
	}
	if h.added {
		addVia(in, out)
	}
	if h.added && up != nil { // whom a caller chose need not learn who it is
		addForwarded(in, out)
	}
}

// addForwarded adds the peer to X-Forwarded-For, and the host and scheme where
// nobody in front of us told them.
func addForwarded(in, out *http.Request) {
	host, _, err := net.SplitHostPort(in.RemoteAddr)
	if err == nil {
		prior := out.Header["X-Forwarded-For"]
		out.Header.Set("X-Forwarded-For", strings.Join(append(slices.Clip(prior), host), ", "))
	}
	if _, told := out.Header["X-Forwarded-Host"]; !told {
		out.Header.Set("X-Forwarded-Host", in.Host)
	}
	if _, told := out.Header["X-Forwarded-Proto"]; !told {
		scheme := "http"
		if in.TLS != nil {
			scheme = "https"
		}
		out.Header.Set("X-Forwarded-Proto", scheme)
	}
}

// addVia adds Via (RFC 9110 section 7.6.3).
func addVia(in, out *http.Request) {
	version := "1.1"
	switch {
	case in.ProtoMajor == 2:
		version = "2"
	case in.ProtoMinor == 0:
		version = "1.0"
	}
	out.Header.Add("Via", version+" poise")
}

// refuse answers when the upstream cannot, with the reason in Proxy-Status (RFC
// 9209).
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the caller has left
	}
	status, reason := upstreamFailure(err)
	h.log.Debug("upstream does not answer", "listener", h.lane.Name(), "error", err)
	w.Header().Set("Proxy-Status", "poise; error="+reason)
	w.WriteHeader(status)
}

// answerAbort answers with the status, headers and body of an abort.
func answerAbort(w http.ResponseWriter, a *policies.Abort) {
	header := w.Header()
	for name, value := range a.Headers {
		header.Set(name, value)
	}
	switch {
	case a.ContentType != "":
		header.Set("Content-Type", a.ContentType)
	case header.Get("Content-Type") == "":
		header["Content-Type"] = nil // do not let the library guess one
	}
	header.Set("Content-Length", strconv.Itoa(len(a.Body)))
	w.WriteHeader(a.Status)
	_, _ = w.Write([]byte(a.Body)) // the caller may have left; the outcome tells
}

// answerGRPC answers with a gRPC status, trailers only: HTTP 200, no body, the
// status among the header fields
// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses).
func answerGRPC(w http.ResponseWriter, a *policies.Abort) {
	header := w.Header()
	header.Set("Content-Type", "application/grpc")
	header.Set("Grpc-Status", strconv.Itoa(int(*a.GRPCStatus)))
	if a.GRPCMessage != "" {
		header.Set("Grpc-Message", fault.PercentEncode(a.GRPCMessage))
	}
	w.WriteHeader(http.StatusOK)
}

func isGRPC(h http.Header) bool {
	values := h["Content-Type"]
	return len(values) > 0 && (values[0] == "application/grpc" ||
		strings.HasPrefix(values[0], "application/grpc+") || strings.HasPrefix(values[0], "application/grpc;"))
}

func peer(remote string) netip.Addr {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr()
	}
	return netip.Addr{}
}

// buffers lends the memory bodies are copied through.
type buffers struct{ pool sync.Pool }

const bufferSize = 32 << 10

func (b *buffers) Get() []byte {
	if buf, ok := b.pool.Get().(*[bufferSize]byte); ok {
		return buf[:]
	}
	return new([bufferSize]byte)[:]
}

func (b *buffers) Put(buf []byte) { b.pool.Put((*[bufferSize]byte)(buf)) }
