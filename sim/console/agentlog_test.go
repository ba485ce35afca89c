package console_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox/sim/console"
)

// Each line of the agent's log is told once, though the oldest are dropped from the file meanwhile.
func TestLogIsReadAcrossADrop(t *testing.T) {
	path, dropped := filepath.Join(t.TempDir(), "agent.log"), int64(0)
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tail := console.NewTail(path, func() int64 { return dropped })
	for _, step := range []struct {
		name    string
		dropped int64
		text    string
		want    []string
	}{
		{"the first lines", 0, "one\ntwo\nthr", []string{"one", "two"}},
		{"what was read is dropped", 8, "three\nfour\n", []string{"three", "four"}},
		{"nothing is new", 14, "four\n", nil},
		{"what was not read is dropped too", 30, "nine\n", []string{"nine"}},
	} {
		write(step.text)
		dropped = step.dropped
		if got := tail.Read(); !slices.Equal(got, step.want) {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
}

// longDrive is one of which more is recorded than is kept.
const longDrive = `car Taycan 2024 odo=12500km soc=62
policy quick.csv
speed 10x
users anna:main
boot
login anna
ignition on
gear D
mark before
drive block.gpx
wait 6s
expect frame powertrain MOTION
expect sent since before
fault offline
wait 1s
mark behind
wait 2s
expect not sent since behind
end
` + quick

// A world that lives for days takes no more of the disk than it may. Which record loses its oldest
// is said once, and checks see what is kept.
func TestRecordsAreBounded(t *testing.T) {
	const most = 12 << 10
	p, log := player(t, longDrive, most)
	all := follow(log, "console")
	all.until(t, "all lines were played", "world", func(data map[string]any) bool { return data["over"] == true })
	if end := all.newest("world"); !strings.Contains(end, `"failed":0`) {
		t.Errorf("a line failed: %s", end)
	}
	all.until(t, "the bus's oldest is dropped", "log", func(data map[string]any) bool {
		return data["level"] == "warn" && strings.Contains(data["text"].(string), "can-powertrain.log the oldest")
	})
	told := 0
	for _, e := range all.all {
		if text, _ := dataOf(t, e)["text"].(string); e.Kind == "log" && strings.Contains(text, "can-powertrain.log the oldest") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("it was said %d times", told)
	}
	for _, name := range []string{"wire.bin", "wire.jsonl", "dbus.jsonl", "can-powertrain.log", "can-body.log", "gnss.log", "agent.log"} {
		if info, err := os.Stat(filepath.Join(p.World().Dir, name)); err != nil || info.Size() > most {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
