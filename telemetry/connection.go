package telemetry

import "time"

// Opening is what a line to the broker is opened with. The line is ready, will
// set and topics subscribed, when the dialling function returns.
type Opening struct {
	Client    string        // client id: the vehicle id
	Keepalive time.Duration // whole seconds; the broker gives up after one and a half
	Will      Message       // retained, published by the broker when the line breaks
	Subscribe []string
	Reach     time.Duration                      // how long the broker's machine may take to answer at all; zero: as long as the rest
	Inbound   func(topic string, payload []byte) // called in order, never two at once; payload is the callee's
}

// Message is one thing to publish, always at QoS 1.
type Message struct {
	Topic    string
	Retained bool
	Payload  []byte
}

// Token tells when the broker has a message.
type Token interface {
	// Done is closed when the broker acknowledged, or never will.
	Done() <-chan struct{}
	// Error is nil, once Done is closed, if and only if the broker acknowledged.
	Error() error
}

// Connection is one connection to the broker from its opening to its end; it never
// reconnects. Its methods may be called at any time, from any goroutine.
type Connection interface {
	// Publish hands one message over; it may block for a second on a frozen
	// peer. After the end the token fails at once.
	Publish(Message) Token
	// Ended is closed when no message can pass any more.
	Ended() <-chan struct{}
	// Mute makes the line silent for good: when it returns nothing more is
	// written or read, and the socket stays open until Close. Above it the
	// line looks as in a tunnel.
	Mute()
	// Written is when the last byte was handed to the kernel: from then on the
	// broker waits in vain.
	Written() time.Time
	// Close ends the line: with a DISCONNECT, a muted one without. It may be
	// repeated.
	Close()
}
