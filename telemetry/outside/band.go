package outside

// Trip is what leaves of a trip that is not assigned to a reader of a column: its ends and
// its track, or only that there was one.
func (p *Policy) Trip(c Column) (places, exists bool) {
	cells := p.tripCells(c, Unassigned)
	return cells.places(), cells[classTripExists].Verdict.Releases()
}

// Band is the word for a distance in a trip that is not assigned to a reader of a column;
// empty where the column has the distance itself, or nothing of it.
func (p *Policy) Band(c Column, metres int64) string {
	if cell := p.Decide(classTripSummary, c, Unassigned, Open); cell.bands() {
		return cell.reader.band(metres)
	}
	return ""
}
