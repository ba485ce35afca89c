package console

import (
	"slices"

	"glovebox/sim/cloud"
)

// publishedData is the event published: a message that a reader found in their mailbox.
type publishedData struct {
	T      string       `json:"t"`
	Reader string       `json:"reader"`
	Column string       `json:"column"`
	Kind   string       `json:"kind"`
	Form   string       `json:"form,omitempty"` // gz or hpke
	Bytes  int          `json:"bytes"`
	Epoch  string       `json:"epoch"`
	Seq    uint64       `json:"seq"`
	Resend bool         `json:"resend"`
	Repeat bool         `json:"repeat,omitempty"`
	Paths  []string     `json:"paths,omitempty"`
	Points int          `json:"points,omitempty"`
	Alarm  *cloud.Alarm `json:"alarm,omitempty"`
	Gap    *cloud.Gap   `json:"gap,omitempty"`
	Error  string       `json:"error,omitempty"` // why it could not be understood
}

// publishedOf dates an event with the arrival at the broker.
func publishedOf(m cloud.Message, column string) publishedData {
	d := publishedData{
		T: stamp(m.At), Reader: m.Reader, Column: column, Kind: m.Kind, Form: m.Form, Bytes: len(m.Raw), Epoch: m.Epoch, Seq: m.Seq,
		Resend: m.Resend, Repeat: m.Repeat, Points: len(m.Points), Alarm: m.Alarm, Gap: m.Gap,
	}
	for _, p := range m.Points {
		d.Paths = append(d.Paths, p.Path)
	}
	slices.Sort(d.Paths)
	d.Paths = slices.Compact(d.Paths)
	if m.Err != nil {
		d.Error = m.Err.Error()
	}
	return d
}
