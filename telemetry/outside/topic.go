package outside

import "strings"

// The topics of one car (docs/contract.md, Topics). They are written nowhere else.
//
//	gb/1/VID/to/MAILBOX/SUFFIX   a message to a reader
//	gb/1/VID/ack/MAILBOX         what became of an action, the answer to an ask
//	gb/1/VID/state               retained: whether the car is there
//	gb/1/VID/policy              retained: the access document
//	gb/1/VID/act   ask           what readers order and ask
//	gb/1/VID/to/INBOX/messages   what the back end writes to people of the car
const root = "gb/1/"

// Topic is where a message of a mailbox goes, by what Encode calls its suffix.
func Topic(vid, mailbox, suffix string) string {
	kind, _, _ := strings.Cut(suffix, "/")
	if rowOf(Kind(kind)).beside {
		return root + vid + "/" + kind + "/" + mailbox
	}
	return root + vid + "/to/" + mailbox + "/" + suffix
}

// StateTopic is where the car says that it is there.
func StateTopic(vid string) string { return root + vid + "/state" }

// PolicyTopic is where access documents come from.
func PolicyTopic(vid string) string { return root + vid + "/policy" }

// ActTopic is where actions come from.
func ActTopic(vid string) string { return root + vid + "/act" }

// AskTopic is where challenges come from.
func AskTopic(vid string) string { return root + vid + "/ask" }
