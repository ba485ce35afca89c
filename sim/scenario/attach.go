package scenario

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// attachment is a file that stands below the commands, in txtar form
// (golang.org/x/tools/txtar): its name in a line between "-- " and " --", then
// its lines.
type attachment struct {
	name string
	data []byte
}

// split divides a file into commands and attachments.
func split(source []byte) (commands string, files []attachment) {
	var text bytes.Buffer
	into := &text
	end := func() {
		if n := len(files); n > 0 {
			files[n-1].data = into.Bytes()
		}
	}
	for len(source) > 0 {
		line, rest, whole := bytes.Cut(source, []byte("\n"))
		source = rest
		if name, ok := marker(string(line)); ok {
			end()
			files = append(files, attachment{name: name})
			into = &bytes.Buffer{}
			continue
		}
		into.Write(line)
		if whole || len(files) > 0 {
			into.WriteByte('\n') // the last line of an attachment always ends
		}
	}
	end()
	return text.String(), files
}

// marker reads the line above an attachment.
func marker(line string) (name string, ok bool) {
	line = strings.TrimSuffix(line, "\r")
	const before, after = "-- ", " --"
	if len(line) <= len(before)+len(after) || !strings.HasPrefix(line, before) || !strings.HasSuffix(line, after) {
		return "", false
	}
	name = strings.TrimSpace(line[len(before) : len(line)-len(after)])
	return name, name != ""
}

// join is what split divides.
func join(commands []byte, files map[string][]byte) []byte {
	text := slices.Clone(commands)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text = append(text, "-- "+name+" --\n"...)
		text = append(text, files[name]...)
	}
	return text
}
