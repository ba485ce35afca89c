package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// exported is the kind of FILE that import takes: a person's name, for what they
// exported last, or a file.
func exported(p *parser, word string) error {
	for _, name := range p.people() {
		if name == word {
			return nil
		}
	}
	return p.names(word)
}

// takeAlong exports the settings of a person and keeps them for an import.
func (s *stage) takeAlong(ctx context.Context, name string) (string, error) {
	text, err := s.world.HMI.Export(ctx, s.reader(name).ID)
	if err != nil {
		return "", err
	}
	if s.exported == nil {
		s.exported = map[string][]byte{}
	}
	s.exported[name] = text
	return fmt.Sprintf("%d bytes", len(text)), nil
}

// bring hands what a person exported, or an attachment, to the agent as a file.
func (s *stage) bring(ctx context.Context, who, name string) (_ string, err error) {
	text, there := s.exported[name]
	if !there {
		if text, err = s.file(name); err != nil {
			return "", err
		}
	}
	f, err := os.CreateTemp("", "glovebox-import")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if _, err := f.Write(text); err != nil {
		return "", err
	}
	return "", s.world.HMI.Import(ctx, who, f, false)
}
