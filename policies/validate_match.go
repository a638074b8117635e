package policies

import (
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// conditions checks the entries of a match or exclude.
func (v *validator) conditions(field string, list []Condition) {
	v.some(field, len(list), "leave it out to match every request")
	for i := range list {
		v.condition(entry(field, i), &list[i])
	}
}

// condition checks one entry of a match.
func (v *validator) condition(field string, c *Condition) {
	if c.Path == nil && c.Host == nil && c.Source == nil && c.GRPC == nil &&
		len(c.Methods)+len(c.Headers)+len(c.Query)+len(c.Cookies) == 0 {
		v.report(field, "an entry without a condition", "at least one of methods, path, host, headers, query, cookies, source and grpc", "leave match out to match every request")
		return
	}
	v.some(field+".methods", len(c.Methods), "")
	for i, method := range c.Methods {
		v.method(entry(field+".methods", i), method)
	}
	if c.Path != nil {
		v.path(field+".path", c.Path)
	}
	if c.Host != nil {
		v.host(field+".host", c.Host)
	}
	v.some(field+".headers", len(c.Headers), "")
	for i, h := range c.Headers {
		one := entry(field+".headers", i)
		v.headerName(one+".name", h.Name)
		v.test(one, h.ValueMatch)
	}
	v.parameters(field+".query", c.Query)
	v.parameters(field+".cookies", c.Cookies)
	if c.Source != nil {
		v.source(field+".source", c.Source)
	}
	if c.GRPC != nil {
		v.grpc(field+".grpc", c.GRPC)
	}
}

// method checks a request method. Methods are case-sensitive, so a small one
// would silently match nothing.
func (v *validator) method(field, method string) {
	standard := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"}
	hint := ""
	if upper := strings.ToUpper(method); slices.Contains(standard, upper) {
		if upper == method {
			return
		}
		hint = "write " + upper
	}
	if hint != "" || !isToken(method) {
		v.report(field, brief(method)+" is not a method", "a method such as POST", hint)
	}
}

// path checks a test of the path.
func (v *validator) path(field string, p *PathMatch) {
	kind := v.oneOf(field, "exact", "prefix", "glob", "regex")
	switch of := field + "." + kind; kind {
	case "exact":
		v.absolute(of, p.Exact, p.Exact == "*")
	case "prefix":
		v.absolute(of, p.Prefix, false)
	case "glob":
		v.absolute(of, p.Glob, strings.HasPrefix(p.Glob, "*"))
		v.glob(of, p.Glob)
	case "regex":
		v.regex(of, p.Regex)
	}
}

// absolute reports a path that no request can have.
func (v *validator) absolute(field, path string, otherwise bool) {
	switch {
	case otherwise:
	case !strings.HasPrefix(path, "/"):
		v.report(field, brief(path)+" is not a path", "a path that begins with /", "write /"+path)
	case strings.ContainsAny(path, "?#"):
		v.report(field, brief(path)+" holds more than a path", "a path without query", "use query for what follows the question mark")
	}
}

// glob reports stars that mean nothing.
func (v *validator) glob(field, pattern string) {
	if strings.Contains(pattern, "***") {
		v.report(field, brief(pattern)+" has three stars in a row", "* for one, ** for any number", "")
	}
}

// host checks a test of the host.
func (v *validator) host(field string, h *HostMatch) {
	kind := v.oneOf(field, "exact", "glob", "regex")
	switch of := field + "." + kind; kind {
	case "exact":
		v.hostName(of, h.Exact)
	case "glob":
		v.hostName(of, h.Glob)
		v.glob(of, h.Glob)
	case "regex":
		v.regex(of, h.Regex)
	}
}

// hostName reports a host that no request can have once its port is ignored.
func (v *validator) hostName(field, host string) {
	name, port, found := strings.Cut(host, ":")
	_, err := strconv.Atoi(port)
	switch {
	case host == "" || strings.ContainsAny(host, "/ "):
		v.report(field, brief(host)+" is not a host", "a host name such as payment.local", "")
	case found && err == nil:
		v.report(field, brief(host)+" has a port, which is ignored in requests", "a host name", "write "+name)
	}
}

// parameters checks tests of query parameters or cookies.
func (v *validator) parameters(field string, list []ParameterMatch) {
	v.some(field, len(list), "")
	for i, p := range list {
		one := entry(field, i)
		if p.Name == "" {
			v.report(one+".name", "is empty", "a name", "")
		}
		v.test(one, p.ValueMatch)
	}
}

// test checks a test of a value.
func (v *validator) test(field string, m ValueMatch) {
	v.oneOf(field, "exact", "prefix", "suffix", "contains", "regex", "present")
	if m.Regex != nil {
		v.regex(field+".regex", *m.Regex)
	}
	for name, text := range map[string]*string{"prefix": m.Prefix, "suffix": m.Suffix, "contains": m.Contains} {
		if text != nil && *text == "" {
			v.report(field+"."+name, "is empty, which every value matches", "some text", "write present: true to match any value")
		}
	}
}

// source checks a test of the peer.
func (v *validator) source(field string, s *SourceMatch) {
	if len(s.CIDRs)+len(s.Identities) == 0 {
		v.report(field, "says nothing", "cidrs, identities or both", "")
	}
	v.some(field+".cidrs", len(s.CIDRs), "")
	v.some(field+".identities", len(s.Identities), "")
	for i, identity := range s.Identities {
		if identity == "" {
			v.report(entry(field+".identities", i), "is empty", "a URI or DNS name", "")
		}
	}
}

// grpc checks a test of service and method.
func (v *validator) grpc(field string, g *GRPCMatch) {
	if g.Service == "" && g.Method == "" {
		v.report(field, "says nothing", "service, method or both", "")
	}
	for name, text := range map[string]string{"service": g.Service, "method": g.Method} {
		if strings.Contains(text, "/") {
			v.report(field+"."+name, brief(text)+" has a slash", "service: pay.Payments, method: Charge", "")
		}
	}
}

// headers checks header fields that are to be sent.
func (v *validator) headers(field string, headers map[string]string) {
	for name, text := range headers {
		one := member(field, name)
		v.headerName(one, name)
		v.headerValue(one, text)
		v.connectionHeader(one, name)
	}
	if len(canonical(headers)) < len(headers) {
		v.report(field, "a header field is given twice", "names that differ in more than case", "")
	}
}

// connectionHeader reports a field that the proxy alone may write.
func (v *validator) connectionHeader(field, name string) {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade", "Keep-Alive":
		v.report(field, name+" belongs to the connection", "other header fields", "remove it: the proxy frames the answer")
	}
}

// canonical returns the fields by their canonical names.
func canonical(headers map[string]string) map[string]string {
	fields := make(map[string]string, len(headers))
	for name, text := range headers {
		fields[textproto.CanonicalMIMEHeaderKey(name)] = text
	}
	return fields
}

// headerName reports what is not the name of a header field.
func (v *validator) headerName(field, name string) {
	if !isToken(name) {
		v.report(field, brief(name)+" is not the name of a header field", "a name such as x-user", "")
	}
}

// headerValue reports characters that no header field may have (RFC 9110
// section 5.5).
func (v *validator) headerValue(field, text string) {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		v.report(field, "a line break or control character", "one line of text", "")
	}
}

// member returns the path of an entry of a mapping, as the decoder writes it.
func member(field, name string) string {
	if strings.ContainsAny(name, ".[]\" ") {
		return field + "[" + strconv.Quote(name) + "]"
	}
	return field + "." + name
}
