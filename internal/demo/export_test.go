package demo

// ChildOf lets the fuzz target reach the parser without a socket.
var ChildOf = childOf
