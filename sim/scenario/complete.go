package scenario

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Complete lists the words with which the last word of a line, begun or empty,
// may go on: those of the language, and the names that the world has now.
func (s *Session) Complete(ctx context.Context, text string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.player != nil {
		return s.player.complete(ctx, text)
	}
	p := newParser(s.name+".txtar", s.open)
	p.file(s.name+".txtar", []byte(strings.Join(s.head, "\n")+"\n"))
	return p.complete(text)
}

// complete lists those that the world has now.
func (p *Player) complete(ctx context.Context, text string) (all []string) {
	_ = p.byHand(ctx, func(ctx context.Context) error { // a world that ends has no words
		parser := p.parser()
		parser.live = func(kind string) []string { return p.stage.live(ctx, kind) }
		all = parser.complete(text)
		return nil
	})
	return all
}

// complete lists the words with which the last word of a line may go on.
func (p *parser) complete(text string) (all []string) {
	begun := ""
	if i := strings.LastIndexAny(text, " \t"); i+1 < len(text) {
		begun = text[i+1:]
		text = text[:i+1]
	}
	words := p.goesOn(text)
	if strings.TrimSpace(text) == "" {
		words = append(words, "include")
	}
	for _, w := range words {
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
	if len(choices) == 1 && !strings.HasSuffix(common, "=") {
		common += " "
	}
	return text[:strings.LastIndexAny(text, " \t")+1] + common, choices
}

// goesOn are the words that may stand behind a text.
func (p *parser) goesOn(text string) []string {
	_, _ = p.command(text + " " + nobody) // that is no word of any line
	if p.expected.at <= len(text) {
		return nil
	}
	return p.expected.words
}

// live are words that only the running world knows.
func (s *stage) live(ctx context.Context, kind string) []string {
	switch kind {
	case "PATH":
		return s.paths(ctx)
	case "BUS":
		return slices.Sorted(maps.Keys(s.world.Ports))
	}
	return slices.Collect(maps.Keys(s.counters(ctx)))
}

// paths are those of the car: what the agent decoded, and what a scenario may say.
func (s *stage) paths(ctx context.Context) []string {
	all := s.plan.Paths()
	known, err := s.world.HMI.Signals(ctx)
	if err != nil {
		return all
	}
	for _, v := range known {
		all = append(all, fmt.Sprint(v["path"]))
	}
	return all
}
