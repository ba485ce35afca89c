package socketcan

import "os"

// Over is a port over any file that keeps records apart, as a CAN socket does; fd says
// whether it takes CAN FD.
func Over(file *os.File, fd bool) (*Port, error) { return over(file, link{fd: fd}) }

// Dropped tells the port how many records its socket has lost.
func (p *Port) Dropped(lost uint32, counts *Counts) { p.drop(lost, counts) }
