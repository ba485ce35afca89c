package outside

// Band is the word for a distance in a trip that is not assigned to a reader of a column;
// empty where the column has the distance itself, or nothing of it.
func (p *Policy) Band(c Column, metres int64) string {
	if cell := p.Decide(classTripSummary, c, Unassigned, Open); cell.bands() {
		return cell.reader.band(metres)
	}
	return ""
}
