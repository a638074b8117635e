package policies

import (
	"net/netip"
	"net/textproto"
	"strings"

	"github.com/poise-dev/poise/policies/strict"
)

// Prefix is a range of addresses, written as CIDR ("10.0.0.0/8") or as a single
// address.
type Prefix struct{ netip.Prefix }

// UnmarshalText reads a range. The error is a [*strict.Error].
func (p *Prefix) UnmarshalText(text []byte) error {
	written := string(text)
	prefix, err := netip.ParsePrefix(written)
	if address, addressErr := netip.ParseAddr(written); addressErr == nil && address.Zone() == "" {
		prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
	}
	switch {
	case err != nil:
		return &strict.Error{Message: brief(written) + " is not a range of addresses", Expected: Prefix{}.JSONSchema().Description}
	case prefix.Addr().Is4In6():
		return &strict.Error{Message: brief(written) + " is an IPv4 address in IPv6 clothes", Hint: "write it as IPv4"}
	case prefix != prefix.Masked():
		return &strict.Error{Message: brief(written) + " has bits set after its mask", Hint: "write " + prefix.Masked().String()}
	}
	p.Prefix = prefix
	return nil
}

// JSONSchema describes how ranges of addresses are written.
func (Prefix) JSONSchema() strict.Schema {
	return strict.Schema{Type: strict.Types{"string"}, Description: "a CIDR such as 10.0.0.0/8, or a single address"}
}

// Assign is how requests are assigned to arms: "request", "header:NAME",
// "cookie:NAME", "source" or "baggage".
type Assign struct {
	By AssignBy `yaml:"by" required:"true" doc:"What decides the arm of a request. All but request are sticky."`
}

// AssignBy is the key of an assignment.
type AssignBy struct {
	Kind AssignKind
	Name string // of the header (canonical) or cookie
}

// AssignKind is the kind of key of an assignment.
type AssignKind uint8

// The kinds of key.
const (
	AssignRequest AssignKind = iota
	AssignHeader
	AssignCookie
	AssignSource
	AssignBaggage
)

// assignNames are the kinds of key as they are written.
func assignNames() []string {
	return []string{"request", "header", "cookie", "source", "baggage"}
}

// UnmarshalText reads the key of an assignment. The error is a [*strict.Error].
func (a *AssignBy) UnmarshalText(text []byte) error {
	written := string(text)
	kind, name, named := strings.Cut(written, ":")
	wrong := &strict.Error{Message: brief(written) + " is not a way to assign requests", Expected: AssignBy{}.JSONSchema().Description}
	switch kind {
	case "request", "source", "baggage":
		if named {
			return wrong
		}
		*a = AssignBy{Kind: map[string]AssignKind{"request": AssignRequest, "source": AssignSource, "baggage": AssignBaggage}[kind]}
	case "header", "cookie":
		if !isToken(name) {
			wrong.Hint = "name the " + kind + ": " + kind + ":x-user"
			return wrong
		}
		if kind == "header" {
			*a = AssignBy{Kind: AssignHeader, Name: textproto.CanonicalMIMEHeaderKey(name)}
		} else {
			*a = AssignBy{Kind: AssignCookie, Name: name}
		}
	default:
		if near := strict.Suggest(kind, assignNames()); near != "" {
			wrong.Hint = "did you mean " + near + "?"
		}
		return wrong
	}
	return nil
}

// isToken says whether a text is a token of RFC 9110 section 5.6.2, which
// names of header fields and cookies are.
func isToken(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"
	return text != "" && strings.Trim(text, letters) == ""
}

// String writes the key as documents do: "header:X-User".
func (a AssignBy) String() string {
	names := assignNames()
	if int(a.Kind) >= len(names) {
		return "unknown"
	}
	if a.Name == "" {
		return names[a.Kind]
	}
	return names[a.Kind] + ":" + a.Name
}

// MarshalText writes the key as String does.
func (a AssignBy) MarshalText() ([]byte, error) {
	return []byte(a.String()), nil
}

// JSONSchema describes how keys of assignments are written.
func (AssignBy) JSONSchema() strict.Schema {
	return strict.Schema{
		Type: strict.Types{"string"}, Pattern: "^(request|source|baggage|(header|cookie):[-!#$%&'*+.^_`|~0-9A-Za-z]+)$",
		Description: "request, header:NAME, cookie:NAME, source or baggage",
	}
}
