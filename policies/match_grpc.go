package policies

import "strconv"

// grpcTest passes for calls of a gRPC service and method; empty means any.
type grpcTest struct{ service, method string }

func (t *grpcTest) holds(r *Request) bool {
	service, method, ok := r.rpc()
	return ok && (t.service == "" || t.service == service) && (t.method == "" || t.method == method)
}

func (t *grpcTest) say(r *Request, holds bool) string {
	service, method, ok := r.rpc()
	switch {
	case !ok:
		return "it is not a gRPC call"
	case holds:
		return "it calls gRPC " + service + "/" + method
	case t.service != "" && t.service != service:
		return "gRPC service " + strconv.Quote(service) + " is not " + strconv.Quote(t.service)
	default:
		return "gRPC method " + strconv.Quote(method) + " is not " + strconv.Quote(t.method)
	}
}
