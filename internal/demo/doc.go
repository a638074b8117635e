// Package demo is the small shop that `poise demo` practises on: two real HTTP
// services on real sockets, and people who never wait for each other.
//
//	Traffic ──▶ [ingress] ──▶ checkout ──▶ [egress] ──▶ payment
//	 500/s       sidecar      the pool      sidecar      4 ms of work
//
// The brackets are the sidecar, which is not part of this package: a [Shop] says
// where its services listen, is told where checkout finds payment, and works the
// same with a sidecar in between or without one. Nothing here knows about faults,
// verdicts or proxies, so nothing here can be scripted into one.
//
// Checkout comes in two builds. [Fragile] shares 8 connections to payment, waits
// for ever and has no other plan. [Sturdy] waits 250 ms, then accepts the order
// and lets the payment follow.
//
// # Why the one breaks and the other does not
//
// The mean number of busy connections is the arrival rate times the mean time a
// call holds one (Little's law, L = λW), and a pool of N is stable only while that
// is less than N. At [Rate] = 500/s, and with a hold of about 5 ms ([Work] = 4 ms
// and two short hops):
//
//	ordinary   500/s × 5 ms               =  2.5 busy   31% of 8 connections
//	faulted    2.5 + 500/s × 5% × 400 ms  = 12.5 busy  156% of 8 connections
//
// With the fault on, the pool serves 8 / (5 ms + 5% × 400 ms) = 320 calls a second
// of the 500 that come. The queue grows by 180 a second, and a newcomer's wait by
// 0.56 s each second: a delayed call that comes 0.7 s after the first one takes
// longer than [Late] = 800 ms, and so does every call, delayed or not, that comes
// after 1.4 s. When the fault ends, the pool serves 1600 a second and the queue is
// gone in a second.
//
// There is room on both sides. Ordinary minutes stay comfortable until a call
// holds its connection three times as long (8 / 500 per second = 16 ms), which
// a busy machine may do. The break does not depend on the speed of the machine:
// the 10 busy connections that the fault adds are time on a clock, and 10 alone
// are more than 8.
//
// The sturdy build holds a connection for 250 ms at most: 2.5 + 500/s × 5% ×
// 250 ms = 8.8 busy of 128, nobody queues, and the slowest answer takes 250 ms.
package demo
