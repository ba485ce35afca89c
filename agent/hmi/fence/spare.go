package fence

import "slices"

// maxSpare is how many answers to floods wait. A stock bus lets a user have 256
// connections: each of them has its place.
const maxSpare = 1024

// spare are the answers to floods, in order. Where they are too many, whoever has its share
// gets no more, and else whoever has the most goes without the newest: a program that waits
// for each answer gets it, however many another asks for.
type spare struct {
	waiting []spared
	of      map[string]int // how many of them each program has
}

type spared struct {
	to   string
	text []byte
}

// room reports whether there is room for an answer to a program, and makes it where another
// has more than its share. At the share nobody is looked at: most of a flood ends there.
func (s *spare) room(to string) bool {
	if len(s.waiting) < maxSpare {
		return true
	}
	if s.of[to] >= maxSpare/len(s.of) {
		return false
	}
	most, n := to, s.of[to]+1
	for name, has := range s.of {
		if has > n {
			most, n = name, has
		}
	}
	if most == to {
		return false
	}
	last := len(s.waiting) - 1
	for s.waiting[last].to != most {
		last--
	}
	s.waiting = slices.Delete(s.waiting, last, last+1)
	s.drop(most)
	return true
}

// add keeps an answer, for which there is room.
func (s *spare) add(to string, text []byte) {
	if s.of == nil {
		s.of = map[string]int{}
	}
	s.waiting = append(s.waiting, spared{to, text})
	s.of[to]++
}

// take moves the oldest to the end of b, as long as that takes at most so many bytes.
func (s *spare) take(b []byte, most int) []byte {
	n := 0
	for ; n < len(s.waiting) && len(b)+len(s.waiting[n].text) <= most; n++ {
		b = append(b, s.waiting[n].text...)
		s.drop(s.waiting[n].to)
	}
	s.waiting = slices.Delete(s.waiting, 0, n)
	return b
}

// forget leaves out those of a program that is gone.
func (s *spare) forget(name string) {
	if s.of[name] > 0 {
		s.waiting = slices.DeleteFunc(s.waiting, func(a spared) bool { return a.to == name })
		delete(s.of, name)
	}
}

// drop counts one less.
func (s *spare) drop(name string) {
	if s.of[name]--; s.of[name] == 0 {
		delete(s.of, name)
	}
}
