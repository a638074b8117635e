//go:build !linux

package http1

import "errors"

// rawCalls: elsewhere sockets are read and written by net.Conn.
const rawCalls = false

var errNoRaw = errors.ErrUnsupported

func rawRead(uintptr, []byte) (n int, again bool, err error)  { return 0, false, errNoRaw }
func rawWrite(uintptr, []byte) (n int, again bool, err error) { return 0, false, errNoRaw }
func rawPeek(uintptr) peeked                                  { return quiet }
