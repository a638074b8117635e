package wire

import "bytes"

// noteConnection reads the options of a Connection field.
func (h *Head) noteConnection(value []byte) *Error {
	for option := range options(value) {
		switch {
		case fold(option, "close"):
			h.Close = true
		case fold(option, "upgrade"):
			h.upgrading = true
		case fold(option, "keep-alive"):
		default:
			if h.nominated++; h.nominated > maxOptions {
				return bad("Connection names too many fields")
			}
		}
	}
	return nil
}

// nominate ends the fields that Connection names (RFC 9110 section 7.6.1). What
// frames or routes the message is not for a sender to take away.
func (h *Head) nominate() {
	for i := range h.Fields {
		if h.Fields[i].Known != Connection {
			continue
		}
		for option := range options(h.Fields[i].Value) {
			h.endNamed(option)
		}
	}
}

func (h *Head) endNamed(name []byte) {
	for i := range h.Fields {
		f := &h.Fields[i]
		if len(f.Name) == len(name) && bytes.EqualFold(f.Name, name) && !f.vital() {
			h.end(f)
		}
	}
}

// noteUpgrade reads an Upgrade field. Of two, neither counts: a message whose
// Upgrade is ignored is whole without it.
func (h *Head) noteUpgrade(f *Field) {
	h.end(f)
	h.upgrades++
	h.Upgrade = f.Value
}

// checkUpgrade forgets an upgrade that was not asked for properly (RFC 9110
// section 7.8), or to a protocol that carries requests past the proxy: another
// HTTP (RFC 9113 section 3.1 took h2c away), or TLS around this one.
func (h *Head) checkUpgrade() {
	if h.upgrades != 1 || !h.upgrading || h.Minor == 0 || len(h.Upgrade) == 0 {
		h.Upgrade = nil
	}
	for protocol := range options(h.Upgrade) {
		name, _, _ := bytes.Cut(protocol, []byte("/"))
		for _, hidden := range [...]string{"h2c", "h2", "http", "tls"} {
			if fold(name, hidden) {
				h.Upgrade = nil
			}
		}
	}
}

// options yields the parts of a comma-separated list.
func options(value []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(value) > 0 {
			part, rest, _ := bytes.Cut(value, []byte(","))
			value = rest
			if part = trim(part); len(part) > 0 && !yield(part) {
				return
			}
		}
	}
}

// holds says whether a list has an option, which is in lower case.
func holds(value []byte, option string) bool {
	for part := range options(value) {
		if fold(part, option) {
			return true
		}
	}
	return false
}
