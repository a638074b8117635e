package fault

import (
	"strconv"
	"strings"
	"time"

	"github.com/poise-dev/poise/policies"
)

// Marks says which callers are told, in header fields of the answer, that their
// request met a fault.
type Marks uint8

// Who is told.
const (
	// MarksInternal tells callers on this machine: by the loopback interface or a
	// unix socket. The public learns nothing.
	MarksInternal Marks = iota
	// MarksAlways tells everybody.
	MarksAlways
	// MarksNever tells nobody.
	MarksNever
)

// ParseMarks reads the word people write: internal, always or never. What is none
// of them is as careful as never.
func ParseMarks(word string) Marks {
	switch word {
	case "internal":
		return MarksInternal
	case "always":
		return MarksAlways
	default:
		return MarksNever
	}
}

// tells says whether the caller of a request may learn of its fault.
func (m Marks) tells(r *policies.Request) bool {
	switch m {
	case MarksAlways:
		return true
	case MarksInternal:
		return !r.Source.IsValid() || r.Source.Unmap().IsLoopback()
	default:
		return false
	}
}

// Marks returns the header fields that an adapter adds to the answer of a
// request that met a fault, or is about to; none if the caller is not to know:
//
//	X-Poise-Fault: payment-slow;type=delay+abort
//	Proxy-Status: poise; details="injected:payment-slow"    (RFC 9209)
//	Server-Timing: poise;dur=400                            (ms of delay, where there was one)
func (p *Passage) Marks() []Field {
	o := p.ordeal
	if o == nil || !o.told || o.free() {
		return nil
	}
	kinds := o.kinds()
	if kinds == "" {
		return nil
	}
	fields := []Field{
		{markField, o.policy.Name + ";type=" + kinds},
		{"Proxy-Status", `poise; details="injected:` + o.policy.Name + `"`},
	}
	if delay := time.Duration(o.delay.Load()); delay > 0 {
		ms := strconv.FormatFloat(float64(delay.Microseconds())/1e3, 'f', -1, 64)
		fields = append(fields, Field{"Server-Timing", "poise;dur=" + ms})
	}
	return fields
}

const markField = "X-Poise-Fault"

// Mark returns the header field that an adapter sets on a request before it
// forwards it, so that the next poise leaves it alone; false: none.
func (p *Passage) Mark() (Field, bool) {
	if p.ordeal == nil || p.ordeal.free() {
		return Field{}, false
	}
	return Field{markField, p.ordeal.policy.Name}, true
}

// Met is what a request met, for a log.
type Met struct {
	Policy string
	// Kinds are the kinds of fault applied, such as "delay+abort"; empty: none.
	Kinds    string
	Delay    time.Duration
	Released bool
}

// Met returns what the request met so far. The zero Met is that of a request
// which was not drawn.
func (p *Passage) Met() Met {
	o := p.ordeal
	if o == nil {
		return Met{}
	}
	return Met{o.policy.Name, o.kinds(), time.Duration(o.delay.Load()), o.free()}
}

// kinds returns the kinds of fault applied or about to be, joined by a plus.
func (o *ordeal) kinds() string {
	met := o.met.Load()
	met |= met >> planned
	var names []string
	for k := range kinds {
		if met&(1<<k) != 0 {
			names = append(names, k.String())
		}
	}
	return strings.Join(names, "+")
}
