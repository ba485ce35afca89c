package socketcan

import "encoding/binary"

// Event is what comes on an interface and is no frame of another station.
type Event uint8

// What error frames tell of (linux/can/error.h; one may tell of several), and what a
// port finds out by itself.
const (
	ErrorFrame  Event = iota // any of those below but the last two
	BusOff                   // the controller has left the bus (CAN_ERR_BUSOFF)
	Passive                  // 128 errors or more: it is error passive (CAN_ERR_CRTL_RX_PASSIVE, TX_PASSIVE)
	Warning                  // 96 errors or more (CAN_ERR_CRTL_RX_WARNING, TX_WARNING)
	Overflow                 // it had no room for a frame (CAN_ERR_CRTL_RX_OVERFLOW, TX_OVERFLOW)
	NoAck                    // nobody has acknowledged a frame (CAN_ERR_ACK)
	BusError                 // a bit, form or checksum was wrong (CAN_ERR_PROT, CAN_ERR_BUSERROR)
	Arbitration              // another station was more urgent (CAN_ERR_LOSTARB)
	Transceiver              // a wire is broken or shorted (CAN_ERR_TRX)
	Timeout                  // a frame was not sent in time (CAN_ERR_TX_TIMEOUT)
	Restarted                // it is back on the bus (CAN_ERR_RESTARTED)
	Lost                     // a frame for which the socket had no room (SO_RXQ_OVFL)
	Unreadable               // a record that is neither a frame nor an error frame
	events
)

var names = [events]string{"error-frames", "bus-off", "error-passive", "error-warning", "overflow", "no-ack", "bus-errors",
	"arbitration-lost", "transceiver", "tx-timeout", "restarted", "lost-frames", "unreadable"}

func (e Event) String() string {
	if e >= events {
		return "unknown"
	}
	return names[e]
}

// Counts is how often each event came.
type Counts [events]uint64

// classes are the bits of an error frame's identifier, CAN_ERR_CRTL aside.
var classes = [...]struct {
	bit   uint32
	event Event
}{
	{0x001, Timeout}, {0x002, Arbitration}, {0x008, BusError}, {0x010, Transceiver}, {0x020, NoAck}, {0x040, BusOff}, {0x080, BusError}, {0x100, Restarted},
}

// control is CAN_ERR_CRTL: data[1] says more.
const control = 0x004

// controls are bits of data[1].
var controls = [...]struct {
	bits  byte
	event Event
}{
	{0x01 | 0x02, Overflow}, {0x04 | 0x08, Warning}, {0x10 | 0x20, Passive},
}

// tell counts what an error frame tells of. ok is false if it is none.
func (c *Counts) tell(record []byte) (ok bool) {
	if len(record) != size {
		return false
	}
	word := binary.NativeEndian.Uint32(record)
	if word&failure == 0 {
		return false
	}
	c[ErrorFrame]++
	told := [events]bool{}
	for _, class := range classes {
		told[class.event] = told[class.event] || word&class.bit != 0
	}
	for _, of := range controls {
		told[of.event] = word&control != 0 && record[8+1]&of.bits != 0
	}
	for event, is := range told {
		if is {
			c[event]++
		}
	}
	return true
}
