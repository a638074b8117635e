package policies

// releases in which the parts come that are refused today.
const (
	withControl  = "the control plane"
	withVerifier = "the verifier"
)

// faultParts is what a fault may consist of.
const faultParts = "at least one of delay, abort, response, throttle and websocket"

// policy checks the spec of a FaultPolicy.
func (v *validator) policy(p *FaultPolicy) {
	v.conditions("spec.match", p.Match)
	v.conditions("spec.exclude", p.Exclude)
	v.share(p)
	if p.Assign != nil && p.Assign.By.Kind == AssignBaggage {
		v.later("spec.assign.by", "assignment by baggage", withControl)
	}
	if p.Fault == nil && !p.HeaderControl {
		v.report("spec.fault", "is missing", faultParts, "")
	}
	if p.Fault != nil {
		v.fault(p.Fault)
	}
	if p.Limits != nil {
		v.limits(p.Limits)
	}
}

// share checks how the requests that meet the fault are chosen.
func (v *validator) share(p *FaultPolicy) {
	if p.FailFirst == nil {
		if p.Percentage == nil && !p.HeaderControl {
			v.report("spec.percentage", "is missing", Percent(0).JSONSchema().Description, "write 5 for one request in twenty")
		}
		return
	}
	for _, other := range []string{"percentage", "assign", "headerControl"} {
		if v.written("spec." + other) {
			v.report("spec.failFirst", "failFirst beside "+other, "one of them", "remove "+other)
		}
	}
}

// limits checks the limits of a policy.
func (v *validator) limits(l *Limits) {
	if v.written("spec.limits.maxPerSecond") && l.MaxPerSecond <= 0 {
		v.report("spec.limits.maxPerSecond", "must let something through", "a number above 0", "remove the policy to stop it")
	}
	if l.MaxShare != nil && *l.MaxShare == 0 {
		v.report("spec.limits.maxShare", "must let something through", "a percentage above 0", "remove the policy to stop it")
	}
}

// fault checks what happens to a request.
func (v *validator) fault(f *Fault) {
	const field = "spec.fault"
	if f.Delay == nil && f.Abort == nil && f.Response == nil && f.Throttle == nil && f.WebSocket == nil {
		v.report(field, "does nothing", faultParts, "")
	}
	if f.Delay != nil {
		v.delay(field+".delay", f.Delay)
	}
	if f.Abort != nil {
		v.abort(field+".abort", f.Abort)
	}
	if f.Response != nil {
		v.response(field+".response", f.Response)
	}
	if f.Throttle != nil && f.Throttle.Download == nil && f.Throttle.Upload == nil {
		v.report(field+".throttle", "does nothing", "download, upload or both", "")
	}
	if f.WebSocket != nil {
		v.websocket(field+".websocket", f.WebSocket)
	}
}

// delay checks a delay and its distribution.
func (v *validator) delay(field string, d *Delay) {
	distribution := v.oneOf(field, "fixed", "uniform", "normal", "lognormal", "pareto", "quantiles")
	of := field + "." + distribution
	switch {
	case d.Uniform != nil:
		v.positive(of+".max", d.Uniform.Max)
		v.ascending(of, "max", d.Uniform.Max, "min", d.Uniform.Min)
	case d.Normal != nil:
		v.positive(of+".mean", d.Normal.Mean)
	case d.Lognormal != nil:
		v.lognormal(of, d.Lognormal)
	case d.Pareto != nil:
		v.positive(of+".scale", d.Pareto.Scale)
		v.above(of+".shape", d.Pareto.Shape)
	case d.Quantiles != nil:
		v.positive(of+".p50", d.Quantiles.P50)
		v.ascending(of, "p95", d.Quantiles.P95, "p50", d.Quantiles.P50)
		v.ascending(of, "p99", d.Quantiles.P99, "p95", d.Quantiles.P95)
	}
	v.positive(field+".fixed", or(d.Fixed, 0))
	v.positive(field+".max", or(d.Max, 0))
}

// lognormal checks a log-normal distribution.
func (v *validator) lognormal(field string, l *Lognormal) {
	v.positive(field+".median", l.Median)
	v.oneOf(field, "p99", "sigma")
	if l.P99 != nil && *l.P99 <= l.Median {
		v.report(field+".p99", l.P99.String()+" is not longer than the median", "more than "+l.Median.String(), "")
	}
	if l.Sigma != nil {
		v.above(field+".sigma", *l.Sigma)
	}
}

// ascending reports a duration that is shorter than one it may not be shorter
// than.
func (v *validator) ascending(field, name string, d Duration, least string, bound Duration) {
	if d < bound {
		v.report(field+"."+name, d.String()+" is shorter than "+least, "at least "+bound.String(), "")
	}
}

// above reports a number that is not above 0.
func (v *validator) above(field string, number float64) {
	if v.written(field) && number <= 0 {
		v.report(field, "is not above 0", "a number above 0", "")
	}
}

// abort checks an abort.
func (v *validator) abort(field string, a *Abort) {
	v.oneOf(field, "status", "grpcStatus", "connection")
	v.only(field, v.written(field+".status"), "status", "body", "contentType", "headers")
	v.only(field, a.GRPCStatus != nil, "grpcStatus", "grpcMessage")
	v.only(field, a.Connection == BreakHang, "connection: hang", "timeout")
	v.positive(field+".timeout", or(a.Timeout, 0))
	if a.Body != "" && (a.Status == 204 || a.Status == 304) {
		v.report(field+".body", "a response with this status has no body", "", "remove the body")
	}
	v.headerValue(field+".contentType", a.ContentType)
	v.headers(field+".headers", a.Headers)
	if _, twice := canonical(a.Headers)["Content-Type"]; twice && a.ContentType != "" {
		v.report(field+".contentType", "contentType beside a Content-Type header", "one of them", "")
	}
}

// response checks what rewrites an answer.
func (v *validator) response(field string, r *Response) {
	if *r == (Response{}) {
		v.report(field, "does nothing", "at least one of status, body, headers, truncateAfter, resetAfter and corrupt", "")
	}
	if r.TruncateAfter != nil && r.ResetAfter != nil {
		v.report(field+".resetAfter", "resetAfter beside truncateAfter", "one of them", "remove one")
	}
	if r.Body != nil && *r.Body != "" && (r.Status == 204 || r.Status == 304) {
		v.report(field+".body", "a response with this status has no body", "", "remove the body")
	}
	if r.Corrupt != nil && r.Corrupt.Percentage == 0 {
		v.report(field+".corrupt.percentage", "0 corrupts nothing", "a percentage above 0", "")
	}
	if r.Headers != nil {
		v.headerEdits(field+".headers", r.Headers)
	}
}

// headerEdits checks changes of header fields.
func (v *validator) headerEdits(field string, h *HeaderEdits) {
	if len(h.Set)+len(h.Add)+len(h.Remove) == 0 {
		v.report(field, "does nothing", "at least one of set, add and remove", "")
	}
	v.headers(field+".set", h.Set)
	v.headers(field+".add", h.Add)
	for i, name := range h.Remove {
		one := entry(field+".remove", i)
		v.headerName(one, name)
		v.connectionHeader(one, name)
	}
}

// websocket checks what breaks an upgraded connection.
func (v *validator) websocket(field string, w *WebSocket) {
	v.oneOf(field, "closeCode", "dropEvery")
	v.only(field, w.CloseCode != 0, "closeCode", "after")
	if c := w.CloseCode; c == 1004 || c == 1005 || c == 1006 || c > 1014 && c < 3000 {
		v.report(field+".closeCode", "this code is never sent", "a code of RFC 6455 section 7.4", "write 1011 for a server error")
	}
}
