package policies

// releases in which the parts come that are refused today.
const (
	withFaultProxy = "the fault proxy"
	withVerifier   = "the verifier"
)

// policy checks the spec of a FaultPolicy.
func (v *validator) policy(p *FaultPolicy) {
	v.conditions("spec.match", p.Match)
	v.conditions("spec.exclude", p.Exclude)
	switch {
	case p.FailFirst != nil && p.Percentage != nil:
		v.report("spec.failFirst", "failFirst beside percentage", "one of them", "remove percentage")
	case p.FailFirst == nil && p.Percentage == nil && !p.HeaderControl:
		v.report("spec.percentage", "is missing", Percent(0).JSONSchema().Description, "write 5 for one request in twenty")
	}
	if p.Assign != nil && p.Assign.By.Kind == AssignBaggage {
		v.later("spec.assign.by", "assignment by baggage", withFaultProxy)
	}
	if p.Fault == nil && !p.HeaderControl {
		v.report("spec.fault", "is missing", "a delay, an abort or both", "")
	}
	if p.Fault != nil {
		v.fault(p.Fault)
	}
	if p.Limits != nil {
		v.limits(p.Limits)
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
		v.report(field, "does nothing", "a delay, an abort or both", "")
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
	if d.Phase != "" && d.Phase != PhaseRequest {
		v.later(field+".phase", "phase "+string(d.Phase), withFaultProxy)
	}
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
	if a.Phase != "" && a.Phase != PhaseRequest {
		v.later(field+".phase", "phase "+string(a.Phase), withFaultProxy)
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
	if r.Headers != nil {
		v.headers(field+".headers.set", r.Headers.Set)
		v.headers(field+".headers.add", r.Headers.Add)
		for i, name := range r.Headers.Remove {
			v.headerName(entry(field+".headers.remove", i), name)
		}
	}
}

// websocket checks what breaks an upgraded connection.
func (v *validator) websocket(field string, w *WebSocket) {
	v.oneOf(field, "closeCode", "dropEvery")
	v.only(field, w.CloseCode != 0, "closeCode", "after")
	switch w.CloseCode {
	case 1004, 1005, 1006, 1015:
		v.report(field+".closeCode", "this code is never sent", "a code of RFC 6455 section 7.4", "write 1011 for a server error")
	}
}
