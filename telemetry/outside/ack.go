package outside

import (
	"encoding/json"
	"errors"
	"slices"

	"glovebox/hal"
)

// Result is what a reader is told of an action. The zero Result is told to nobody.
type Result string

// Done and Unknown are results; the others are the public reasons of a refusal.
// There are no more, and none tells who drives, a level or a guest.
const (
	Done         Result = "done"
	Uncertain    Result = "unknown" // it was executed, and nothing showed the effect
	Expired      Result = "expired"
	NotPermitted Result = "not-permitted"
	BadRequest   Result = "bad-request"
	NotNow       Result = "not-now"
	Busy         Result = "busy"
)

var reasons = []Result{Expired, NotPermitted, BadRequest, NotNow, Busy}

// Freshness is what a reader has to know before an action: which epoch it is, for how
// long, and which counters of the key are used up.
type Freshness struct {
	Epoch           string
	Now             uint64 // whole seconds of the boot clock since the epoch began
	Ctr             uint64 // the highest counter seen of the key
	DocumentVersion uint64 // of the access document in force
}

// answer is what a reader is told. With a challenge it answers an ask.
type answer struct {
	mailbox, key string
	epoch        string // of the action
	ctr          uint64
	result       Result
	challenge    string
}

// resultBody is the result of an action on the wire.
type resultBody struct {
	Key    string `json:"key"`
	Epoch  string `json:"epoch,omitempty"` // of the action: an old one that comes again is not taken for the new one
	Ctr    uint64 `json:"ctr"`
	Result Result `json:"result"`
	Reason Result `json:"reason,omitempty"` // of a refusal
}

const refused Result = "refused"

func newResult(key, epoch string, ctr uint64, r Result) *resultBody {
	if slices.Contains(reasons, r) {
		return &resultBody{key, epoch, ctr, refused, r}
	}
	return &resultBody{Key: key, Epoch: epoch, Ctr: ctr, Result: r}
}

// sound reports whether a result is one of those that may be told.
func (b *resultBody) sound() bool {
	if b.Epoch != "" && !is128(b.Epoch) { // none in what an older agent kept
		return false
	}
	if b.Result == refused {
		return slices.Contains(reasons, b.Reason)
	}
	return (b.Result == Done || b.Result == Uncertain) && b.Reason == ""
}

func (b *resultBody) json(Seq, string) ([]byte, error) { return json.Marshal(b) }

// freshnessBody is the signed answer to an ask, complete.
type freshnessBody []byte

func (b freshnessBody) json(Seq, string) ([]byte, error) { return slices.Clone(b), nil }

// Answer tells the reader of a mailbox what became of an action of its key and epoch.
func (o *Outside) Answer(mailbox, key, epoch string, ctr uint64, r Result, at hal.Instant) {
	o.advance(at)
	o.reply(answer{mailbox: mailbox, key: key, epoch: epoch, ctr: ctr, result: r}, at)
}

// respond makes the message of an answer. A result is kept, freshness is live.
func (o *Outside) respond(r *reader, a answer, at hal.Instant) {
	form := formResult
	if a.challenge != "" {
		form = formFreshness
	}
	out, ok := o.offer(r, form, at)
	if !ok {
		return
	}
	if a.challenge != "" {
		signed, err := o.freshness(a, at)
		if err != nil {
			return // a car without a key has nothing to prove
		}
		out.body = signed
	} else {
		result := newResult(a.key, a.epoch, a.ctr, a.result)
		if !result.sound() || a.epoch == "" {
			return // not a word for outside
		}
		out.body = result
	}
	o.pending = append(o.pending, out)
}

var errNoFreshness = errors.New("nobody knows the epoch")

// freshness signs the answer to an ask.
func (o *Outside) freshness(a answer, at hal.Instant) (freshnessBody, error) {
	if o.options.Freshness == nil {
		return nil, errNoFreshness
	}
	signer, err := newSigner(o.options.Sign, typeFreshness)
	if err != nil {
		return nil, err
	}
	f := o.options.Freshness(a.key, at)
	claims, err := json.Marshal(struct {
		VID       string `json:"vid"`
		Epoch     string `json:"epoch"`
		Now       uint64 `json:"now"`
		Ctr       uint64 `json:"ctr"`
		Policy    uint64 `json:"policy"`
		Challenge string `json:"challenge"`
	}{o.options.VID, f.Epoch, f.Now, f.Ctr, f.DocumentVersion, a.challenge})
	if err != nil {
		return nil, err
	}
	return compact(signer, claims)
}
