package policies

import (
	"net/textproto"
	"regexp"
)

// selection compiles match and exclude of the field.
func (d draft) selection(field string, match, exclude []Condition) selection {
	s := selection{
		match:   d.conditions(field+".match", match),
		exclude: d.conditions(field+".exclude", exclude),
	}
	if len(match) == 0 {
		s.match = []condition{{}}
	}
	return s
}

func (d draft) conditions(field string, entries []Condition) []condition {
	compiled := make([]condition, len(entries))
	for i := range entries {
		compiled[i] = d.condition(at(field, i), &entries[i])
	}
	return compiled
}

// condition compiles one from.
func (d draft) condition(field string, from *Condition) condition {
	var c condition
	if len(from.Methods) > 0 {
		c.add(methodTest(from.Methods))
	}
	if from.Path != nil {
		d.path(&c, field+".path", from.Path)
	}
	if from.Host != nil {
		d.host(&c, field+".host", from.Host)
	}
	for i, h := range from.Headers {
		name := textproto.CanonicalMIMEHeaderKey(h.Name)
		d.value(&c, at(field+".headers", i), inHeader, name, &h.ValueMatch)
		c.names |= namedByField(name)
	}
	for i, q := range from.Query {
		d.value(&c, at(field+".query", i), inQuery, q.Name, &q.ValueMatch)
	}
	for i, k := range from.Cookies {
		d.value(&c, at(field+".cookies", i), inCookie, k.Name, &k.ValueMatch)
	}
	if from.Source != nil {
		c.addSource(from.Source)
	}
	if from.GRPC != nil {
		c.addGRPC(from.GRPC)
	}
	return c
}

func (c *condition) add(t test) { c.tests = append(c.tests, t) }

// path adds what the entry asks of the path.
func (d draft) path(c *condition, field string, m *PathMatch) {
	var p predicate
	switch {
	case m.Exact != "":
		p, c.head = equalTo(m.Exact), head{m.Exact, true}
	case m.Prefix != "":
		p, c.head = under(m.Prefix), head{bare(m.Prefix), false}
	case m.Glob != "":
		p, c.head = like(m.Glob), head{globHead(m.Glob), false}
	case m.Regex != "":
		p = d.matching(field+".regex", m.Regex)
	default:
		d.wrong(field, "asks nothing", "exact, prefix, glob or regex", "leave path out to match every path")
	}
	c.add(&pathTest{p})
}

// host adds what the entry asks of the host.
func (d draft) host(c *condition, field string, m *HostMatch) {
	var p predicate
	switch {
	case m.Exact != "":
		p = equalTo(hostname(m.Exact))
		c.keys = append(c.keys, key{in: inHost, value: hostname(m.Exact)})
	case m.Glob != "":
		p = hostLike(m.Glob)
	case m.Regex != "":
		p = d.matching(field+".regex", m.Regex)
	default:
		d.wrong(field, "asks nothing", "exact, glob or regex", "leave host out to match every host")
	}
	c.add(&hostTest{p})
}

// value adds what the entry asks of a named value.
func (d draft) value(c *condition, field string, in where, name string, m *ValueMatch) {
	var p predicate
	switch {
	case m.Present != nil:
		c.add(&presence{in, name, *m.Present})
		return
	case m.Exact != nil:
		p = equalTo(*m.Exact)
		c.keys = append(c.keys, key{in, name, *m.Exact})
	case m.Prefix != nil:
		p = startingWith(*m.Prefix)
	case m.Suffix != nil:
		p = endingWith(*m.Suffix)
	case m.Contains != nil:
		p = containing(*m.Contains)
	case m.Regex != nil:
		p = d.matching(field+".regex", *m.Regex)
	default:
		d.wrong(field, "asks nothing of the value", "exact, prefix, suffix, contains, regex or present", "present: true matches any value")
	}
	c.add(&valueTest{in, name, p})
}

// matching compiles a regular expression.
func (d draft) matching(field, expression string) predicate {
	re, err := regexp.Compile(expression)
	if err != nil {
		d.wrong(field, err.Error(), "a regular expression in RE2 syntax", "")
		return predicate{}
	}
	return matching(re)
}

// addSource adds what the entry asks of the peer.
func (c *condition) addSource(m *SourceMatch) {
	if len(m.CIDRs) > 0 {
		c.add(newPeerTest(m.CIDRs))
	}
	if len(m.Identities) > 0 {
		c.add(identityTest(m.Identities))
	}
}

// addGRPC adds what the entry asks of a gRPC call. Where it asks nothing of
// the path, service and method say how the path begins.
func (c *condition) addGRPC(m *GRPCMatch) {
	c.add(&grpcTest{m.Service, m.Method})
	if m.Service == healthService {
		c.names |= healthCheck
	}
	if m.Service != "" && c.head.text == "" {
		c.head = head{"/" + m.Service + "/" + m.Method, m.Method != ""}
	}
}

// namedByField returns the traits that a condition on the header field speaks
// of.
func namedByField(name string) traits {
	switch name {
	case "User-Agent":
		return healthCheck
	case markField:
		return marked
	default:
		return 0
	}
}
