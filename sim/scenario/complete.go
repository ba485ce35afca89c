package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"glovebox/profiles"
)

// Complete lists the words with which the last word of a line, begun or empty,
// may go on: those of the language, and the names that the world has now.
func (s *Session) Complete(ctx context.Context, text string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	begun := ""
	if i := strings.LastIndexAny(text, " \t"); i+1 < len(text) {
		begun = text[i+1:]
		text = text[:i+1]
	}
	var all []string
	for _, w := range s.words(ctx, text) {
		if strings.HasPrefix(w, begun) {
			all = append(all, w)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Completed is a text with its last word taken as far as all choices agree, and a
// blank behind it if there is but one.
func Completed(text string, choices []string) (string, []string) {
	if len(choices) == 0 {
		return text, nil
	}
	common := choices[0]
	for _, w := range choices[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	if len(choices) == 1 {
		common += " "
	}
	return text[:strings.LastIndexAny(text, " \t")+1] + common, choices
}

// words are those that may follow a text: the parser is asked what it would have
// taken in place of a word that it cannot know.
func (s *Session) words(ctx context.Context, text string) []string {
	before := strings.Fields(text)
	if len(before) == 0 {
		all := []string{"include"}
		for _, e := range commands() {
			all = append(all, e.word)
		}
		return all
	}
	if live := s.live(ctx, before); live != nil {
		return live
	}
	const nobody = "\uFFFC" // no word of any list
	p := s.parser()
	_, err := p.command(&line{rest: text + " " + nobody})
	var u *unknownWord
	if !errors.As(err, &u) || u.word != nobody {
		return nil
	}
	if u.what == "check" {
		u.words = append(u.words, "not")
	}
	return u.words
}

// parser is one that has read all lines so far.
func (s *Session) parser() *parser {
	p := newParser(s.name+".txtar", s.open)
	p.file(s.name+".txtar", join([]byte(strings.Join(s.lines, "\n")+"\n"), s.files))
	p.problems = nil
	return p
}

// live are names that only the running world, or another package, knows; nil if
// the place is not one for them.
func (s *Session) live(ctx context.Context, before []string) []string {
	for len(before) > 0 && slices.Contains([]string{"expect", "never", "not"}, before[0]) {
		before = before[1:]
	}
	if len(before) == 0 {
		return nil
	}
	switch n := len(before); {
	case before[0] == "signal" && n == 1:
		return s.paths(ctx)
	case before[0] == "statistic" && n == 1 && s.stage != nil:
		return slices.Collect(maps.Keys(s.stage.counters(ctx)))
	case (before[0] == "set" || before[0] == "setting") && n == 1:
		var groups []string
		for _, g := range profiles.Groups() {
			groups = append(groups, g.Name)
		}
		return groups
	case (before[0] == "set" || before[0] == "setting") && n == 2:
		if g, err := profiles.GroupByName(before[1]); err == nil {
			return g.KeyNames()
		}
	case before[0] == "drive" && n == 1:
		return append(routeNames(), slices.Collect(maps.Keys(s.files))...)
	case before[0] == "frame" && n == 1 && s.stage != nil:
		return slices.Sorted(maps.Keys(s.stage.world.Ports))
	}
	return nil
}

// paths are those of the car: what the agent decoded, and what a scenario may say.
func (s *Session) paths(ctx context.Context) []string {
	if s.stage == nil {
		return nil
	}
	all := s.stage.plan.Paths()
	known, err := s.stage.world.HMI.Signals(ctx)
	if err != nil {
		return all
	}
	for _, v := range known {
		all = append(all, fmt.Sprint(v["path"]))
	}
	return all
}
