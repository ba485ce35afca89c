package outside

import (
	"slices"

	"glovebox/hal"
)

// Kind is what a message is: the last word of its topic.
type Kind string

// The kinds of messages. A kind has a form in the table below, or several.
const (
	KindStatus   Kind = "status"
	KindPosition Kind = "position"
	KindAlarms   Kind = "alarms"
	KindTrips    Kind = "trips"
	KindMessages Kind = "messages"
	KindGaps     Kind = "gaps"
	KindAck      Kind = "ack" // beside the mailbox: what became of an action, the answer to an ask
)

// form is all that is particular to one form of message. What is not in its row
// is the same for all.
type form struct {
	kind     Kind   // also the suffix of its topic
	beside   bool   // its topic is beside the mailbox, and it is in no row of numbers
	class    Class  // what it is decided by; empty: class by class, when it is made
	function string // what a restriction calls it; empty: it cannot be taken away

	live bool      // worthless once a newer one exists, never on disk; else it is kept
	trip TripState // whether it is of a trip that was assigned to its reader
	// A kept one, as it waits on disk: the member that holds its content, and an
	// empty content to read that into.
	member  string
	content func() storable

	sealed bool // closed to its reader's key, if there is one
	padded bool // in steps of the reader's column
	zipped bool // may go gzipped to who gets it at once
	place  bool // shows where the car is: it is void once the place closed, and lights the indicator
	driven bool // it is decided by the state in which it was driven, Open, whatever holds now
	coded  bool // a newer one of its code takes the place of one that waits
	alarms bool // a reader with slots gets it at those of alarms
	parked bool // while the car is not in use a reader with slots gets it at once
	spoken bool // somebody wrote it: only a limited reader waits for a slot

	// still is what must hold at sending beside the decision; nil: nothing.
	still func(o *Outside, to *reader, r Released, now hal.Instant) bool
}

// The rows of the table. The zero Released has none of them.
const (
	_ formID = iota
	formStatus
	formPosition
	formAlarm
	formTrip
	formTripAssigned
	formTripStub
	formChat
	formBooking
	formGap
	formResult
	formFreshness
	formChange
)

type formID uint8

// forms is every form of message that there is. A new one is a row here, its
// content, and the code that makes it.
var forms = [...]form{
	formStatus: {
		kind: KindStatus, function: "vehicle-status", live: true, padded: true, zipped: true,
		still: func(o *Outside, to *reader, r Released, now hal.Instant) bool {
			return now.Boot-r.slot.Boot <= o.policy.Slot(to.Column).Every
		},
	},
	formPosition: {
		kind: KindPosition, class: ClassPosition, function: "position", live: true, sealed: true, padded: true, zipped: true, place: true,
		still: func(o *Outside, to *reader, r Released, now hal.Instant) bool {
			return now.Boot-r.oldest <= o.policy.numbers.PositionMaxAge && r.place == o.place
		},
	},
	formAlarm: {
		kind: KindAlarms, class: classAlarm, function: "alerts", padded: true, coded: true, alarms: true,
		member: "alarm", content: func() storable { return &alarmBody{} },
	},
	formTrip: {
		kind: KindTrips, class: classTripTrack, function: "trips", sealed: true, padded: true, driven: true,
		member: "trip", content: func() storable { return &tripBody{} },
	},
	formTripAssigned: {
		kind: KindTrips, class: classTripTrack, function: "trips", sealed: true, padded: true, driven: true, trip: Assigned,
		member: "assigned", content: func() storable { return &tripBody{} },
	},
	formTripStub: {
		kind: KindTrips, class: classTripExists, function: "trips", sealed: true, padded: true, driven: true,
		member: "stub", content: func() storable { return &stubBody{} },
	},
	formChat: {
		kind: KindMessages, class: classChat, padded: true, spoken: true,
		member: "chat", content: func() storable { return &messageBody{} },
	},
	formBooking: {
		kind: KindMessages, class: classBooking, padded: true, spoken: true,
		member: "booking", content: func() storable { return &messageBody{} },
	},
	formGap: {
		kind: KindGaps, class: classGapRecord, padded: true,
		member: "gap", content: func() storable { return &gapBody{} },
	},
	formResult: {
		kind: KindAck, beside: true, class: classResult, padded: true, parked: true,
		member: "ack", content: func() storable { return &resultBody{} },
	},
	formFreshness: {kind: KindAck, beside: true, class: classResult, live: true},
	formChange:    {kind: KindAck, beside: true, class: classChange, live: true},
}

// rowOf is the first row of a kind; an empty row if there is none.
func rowOf(kind Kind) form {
	for _, f := range forms {
		if f.kind == kind {
			return f
		}
	}
	return form{}
}

// Kinds lists every kind of message to a reader's mailbox.
func Kinds() (all []Kind) {
	for _, f := range forms {
		if f.kind != "" && !f.beside && !slices.Contains(all, f.kind) {
			all = append(all, f.kind)
		}
	}
	return all
}

// Function is what the access document calls a kind that may be taken away from a
// reader; empty if it may not.
func (k Kind) Function() string { return rowOf(k).function }

// Series is the row of numbers that a message is counted in: that of its mailbox.
// What goes beside the mailbox carries no number and takes none away.
func Series(mailbox string, kind Kind) string {
	if rowOf(kind).beside {
		return mailbox + "/" + string(kind)
	}
	return mailbox
}
