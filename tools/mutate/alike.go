package main

import "regexp"

var position = regexp.MustCompile(`\([^()\s]*:\d+\)`)

// machine is what the compiler makes of a package, without the places in its text.
func (o options) machine(s *subject, overlay string) string {
	text, _ := o.command("build", "-gcflags=-S -dwarf=false", "-overlay", overlay, s.ImportPath).CombinedOutput()
	return position.ReplaceAllString(string(text), "")
}

// counts says whether an edit is one: vet takes it, and the compiler makes other code of it.
func (o options) counts(s *subject, e edit, dir string) (bool, error) {
	over, err := overlay(dir, map[string]string{e.file: e.in(s.code.text[e.file])})
	if err != nil {
		return false, err
	}
	if _, err := o.command("vet", "-overlay", over, s.ImportPath).CombinedOutput(); err != nil {
		return false, nil
	}
	s.once.Do(func() { s.right = o.machine(s, "") })
	return o.machine(s, over) != s.right, nil
}
