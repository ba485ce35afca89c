package outside

import (
	"encoding/json"
	"time"
)

// Alarm is a warning light: its code of the contract, how bad it is, and
// whether it is on.
type Alarm struct {
	Code     string
	Severity string
	Active   bool
}

// alarmBody is an alarm on the wire: code, severity, active, minute and
// nothing else.
type alarmBody struct {
	Alarm    string `json:"alarm"`
	Severity string `json:"severity"`
	Active   bool   `json:"active"`
	Minute   string `json:"minute"`
}

func (b *alarmBody) json(s Seq, _ string) ([]byte, error) {
	return json.Marshal(struct {
		Epoch  string `json:"epoch"`
		Seq    uint64 `json:"seq"`
		Resend bool   `json:"resend"`
		alarmBody
	}{s.Epoch, s.N, s.Resend, *b})
}

// minute is the minute an alarm leaves in.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02T15:04Z") }
