package wire

// Field is one header field: its name and value, and the whole line they came
// in, line end included.
type Field struct {
	Name, Value, Line []byte
	Known             Known

	fate fate
}

// fate is what becomes of a field at this hop.
type fate uint8

const (
	goesOn fate = iota // as it came
	anew               // goes on, with its value in a plain line
	ends               // here
)

// plain says whether the line is "Name: value" or "Name:value", without
// anything to hide a value from a careless reader.
func (f *Field) plain() bool {
	blank := len(f.Line) - len("\r\n") - len(f.Name) - len(":") - len(f.Value)
	return blank == 0 || blank == 1 && f.Line[len(f.Name)+1] == ' '
}

// vital says whether the field frames or routes its message.
func (f *Field) vital() bool {
	return f.Known == ContentLength || f.Known == TransferEncoding || f.Known == Host
}

// Known is a field this package has to understand.
type Known uint8

// The fields that frame a message, or that end at the next hop.
const (
	Other Known = iota
	Connection
	ContentLength
	ContentType
	Expect
	Host
	KeepAlive
	MaxForwards
	ProxyConnection
	TE
	Trailer
	TransferEncoding
	Upgrade
	ProxyAuthenticate
	ProxyAuthenticationInfo
	ProxyAuthorization
)

// known returns which field a name is. Lengths first: most names end there.
func known(name []byte) Known {
	switch len(name) {
	case 2:
		return either(name, "te", TE)
	case 4:
		return either(name, "host", Host)
	case 6:
		return either(name, "expect", Expect)
	case 7:
		if lower(name[0]) == 't' {
			return either(name, "trailer", Trailer)
		}
		return either(name, "upgrade", Upgrade)
	case 10:
		if lower(name[0]) == 'k' {
			return either(name, "keep-alive", KeepAlive)
		}
		return either(name, "connection", Connection)
	case 12:
		if lower(name[0]) == 'm' {
			return either(name, "max-forwards", MaxForwards)
		}
		return either(name, "content-type", ContentType)
	case 14:
		return either(name, "content-length", ContentLength)
	case 16:
		return either(name, "proxy-connection", ProxyConnection)
	case 17:
		return either(name, "transfer-encoding", TransferEncoding)
	case 18:
		return either(name, "proxy-authenticate", ProxyAuthenticate)
	case 19:
		return either(name, "proxy-authorization", ProxyAuthorization)
	case 25:
		return either(name, "proxy-authentication-info", ProxyAuthenticationInfo)
	}
	return Other
}

func either(name []byte, s string, k Known) Known {
	if fold(name, s) {
		return k
	}
	return Other
}

// neverTrails says whether a field may not stand behind a body: what frames or
// routes a message is known before it, or never (RFC 9110 section 6.5.1).
func neverTrails(name []byte) bool {
	switch known(name) {
	case Connection, ContentLength, Host, KeepAlive, ProxyAuthenticate, ProxyAuthorization, ProxyConnection, TE, Trailer,
		TransferEncoding, Upgrade:
		return true
	default:
		return false
	}
}
