package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
)

// scan prints which lines of a file are somewhere in an image, byte by byte. A line that is
// all hex and long is looked for as the bytes it stands for.
func scan(image, list string) error {
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	var words []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			words = append(words, line)
		}
	}
	found, err := find(image, words)
	for w := range found {
		fmt.Println(w)
	}
	return err
}

const chunk = 4 << 20

// find says which words are in an image.
func find(image string, words []string) (map[string]bool, error) {
	f, err := os.Open(image)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sought, found := map[string][]byte{}, map[string]bool{}
	longest := 0
	for _, w := range words {
		sought[w] = []byte(w)
		if raw, err := hex.DecodeString(w); err == nil && len(raw) > 15 {
			sought[w] = raw
		}
		longest = max(longest, len(sought[w]))
	}
	buf := make([]byte, chunk+longest)
	for at := int64(0); ; at += chunk {
		n, err := f.ReadAt(buf, at)
		if part := buf[:n]; len(bytes.TrimLeft(part, "\x00")) > 0 {
			for w, b := range sought {
				if bytes.Contains(part, b) {
					found[w] = true
					delete(sought, w)
				}
			}
		}
		if err == io.EOF {
			return found, nil
		} else if err != nil {
			return nil, err
		}
	}
}
