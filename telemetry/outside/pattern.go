package outside

import (
	"regexp"
	"strings"
)

// pattern is one alternative of a rule: what a path begins with, as it stands, and a
// regular expression for what is behind it, empty for nothing. It is compiled for each
// path that begins so, and not kept: a path is classified once, and all patterns
// together would take 0.7 MB as long as the agent runs.
type pattern struct{ head, tail string }

func (p pattern) matches(path string) bool {
	rest, begins := strings.CutPrefix(path, p.head)
	if !begins || p.tail == "" {
		return begins && rest == ""
	}
	return regexp.MustCompile(`\A(?:` + p.tail + `)\z`).MatchString(rest)
}

// alternatives splits a regular expression at each | outside of its groups.
func alternatives(text string) (all []pattern) {
	depth, start := 0, 0
	for i, b := range text {
		switch {
		case b == '(':
			depth++
		case b == ')':
			depth--
		case b == '|' && depth == 0:
			all = append(all, newPattern(text[start:i]))
			start = i + 1
		}
	}
	return append(all, newPattern(text[start:]))
}

// newPattern takes off what stands for itself and is not repeated.
func newPattern(text string) pattern {
	head := ""
	for text != "" {
		one, rest := text[:1], text[1:]
		if behind, dot := strings.CutPrefix(text, `\.`); dot {
			one, rest = ".", behind
		} else if regexp.QuoteMeta(one) != one {
			break
		}
		if rest != "" && strings.IndexByte("*+?{", rest[0]) >= 0 {
			break
		}
		head, text = head+one, rest
	}
	return pattern{head, text}
}
