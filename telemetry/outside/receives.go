package outside

// Kinds lists every kind of message to a reader's mailbox.
func Kinds() []Kind { return []Kind{KindStatus, KindPosition, KindAlarms, KindGaps} }

// Receives reports whether a reader of that column is sent anything of a kind in
// a drive at share.
func (p *Policy) Receives(reader Column, kind Kind) bool {
	for _, class := range p.Classes() {
		if p.onTopic(class, kind) && p.Decide(class, reader, Unassigned, Open).Verdict.Releases() {
			return true
		}
	}
	return false
}
