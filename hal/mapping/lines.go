package mapping

import (
	"bytes"
	"fmt"

	"github.com/pelletier/go-toml/v2/unstable"
)

// lines is where each table and each of its keys stands: "signal[0]" and
// "signal[0].path". A key that is a table of its own stands at its header.
type lines map[string]int

// locate finds the lines of a document that is known to be TOML.
func locate(src []byte) lines {
	found := lines{}
	var parser unstable.Parser
	parser.Reset(src)
	counts := map[string]int{}
	prefix := ""
	for parser.NextExpression() {
		node := parser.Expression()
		if node.Kind != unstable.Table && node.Kind != unstable.ArrayTable && node.Kind != unstable.KeyValue {
			continue
		}
		key := node.Key()
		key.Next()
		first := key.Node()
		line := 1 + bytes.Count(src[:first.Raw.Offset], []byte{'\n'})
		name := string(first.Data)
		if node.Kind == unstable.KeyValue {
			found.add(prefix+name, line)
			continue
		}
		second := ""
		if key.Next() {
			second = string(key.Node().Data)
		}
		switch {
		case node.Kind == unstable.ArrayTable && second == "":
			found.add(name, line)
			prefix = fmt.Sprintf("%s[%d]", name, counts[name])
			counts[name]++
		case counts[name] > 0: // [signal.values] belongs to the newest [[signal]]
			prefix = fmt.Sprintf("%s[%d].%s", name, counts[name]-1, second)
		default:
			prefix = name
		}
		found.add(prefix, line)
		prefix += "."
	}
	return found
}

func (l lines) add(key string, line int) {
	if l[key] == 0 {
		l[key] = line
	}
}
