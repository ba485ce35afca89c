package fence_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi/fence"
)

// bare answers Permits to everybody, whatever the object.
type bare struct{}

func (b bare) LookupObject(dbus.ObjectPath) (dbus.ServerObject, bool) { return b, true }
func (b bare) LookupInterface(string) (dbus.Interface, bool)          { return b, true }
func (b bare) LookupMethod(string) (dbus.Method, bool)                { return b, true }
func (b bare) Call(...any) ([]any, error)                             { return []any{true, ""}, nil }
func (b bare) NumArguments() int                                      { return 0 }
func (b bare) NumReturns() int                                        { return 0 }
func (b bare) ArgumentValue(int) any                                  { return nil }
func (b bare) ReturnValue(int) any                                    { return nil }
func (b bare) DecodeArguments(*dbus.Conn, string, *dbus.Message, []any) ([]any, error) {
	return nil, nil
}

// open lets everything pass.
type open struct{}

func (open) Check(*fence.Call) (int, *fence.Refusal) { return 64 << 10, nil }
func (open) Pass(*fence.Call)                        {}

// TestMain makes the test binary the service of BenchmarkCall where it is started so.
func TestMain(m *testing.M) {
	address, name, asService := strings.Cut(os.Getenv("BENCHMARK_SERVE"), " ")
	if !asService {
		os.Exit(m.Run())
	}
	if err := serve(address, name); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers as name, x.Fenced behind the fence, until the bus is gone.
func serve(address, name string) error {
	var conn *dbus.Conn
	var err error
	if name == "x.Direct" {
		conn, err = dbus.Connect(address, dbus.WithHandler(bare{}))
	} else {
		var f *fence.Fence
		if f, err = fence.Dial(address, open{}, fence.Options{Patience: time.Second}); err != nil {
			return err
		}
		if conn, err = dbus.NewConn(f, dbus.WithHandler(bare{})); err == nil {
			err = conn.Auth([]dbus.Auth{dbus.AuthExternal("")})
		}
		if err == nil {
			err = conn.Hello()
		}
	}
	if err != nil {
		return err
	}
	if _, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil {
		return err
	}
	<-conn.Context().Done()
	return nil
}

// What the fence costs a call: the same service on one bus, once as godbus is and
// once behind the fence, called in turns.
func BenchmarkCall(b *testing.B) {
	dir, err := os.MkdirTemp("", "gb")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	const config = `<busconfig><type>session</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*" eavesdrop="true"/></policy></busconfig>`
	if err := os.WriteFile(filepath.Join(dir, "bus.conf"), fmt.Appendf(nil, config, dir), 0o644); err != nil {
		b.Fatal(err)
	}
	start := func(cmd *exec.Cmd) *bufio.Reader {
		out, err := cmd.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return bufio.NewReader(out)
	}
	address, err := start(exec.Command("dbus-daemon", "--nofork", "--nopidfile", "--print-address=1", "--config-file="+filepath.Join(dir, "bus.conf"))).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	address = strings.TrimSpace(address)
	conn, err := dbus.Connect(address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	const turns = 20
	names := []string{"x.Direct", "x.Fenced"}
	for _, name := range names {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "BENCHMARK_SERVE="+address+" "+name)
		start(cmd)
	}
	took := map[string][]time.Duration{}
	call := func(name string) {
		began := time.Now()
		for range turns {
			if err := conn.Object(name, "/org/glovebox/Agent1").Call("org.glovebox.Session1.Permits", 0, "navigation").Err; err != nil {
				b.Fatal(err)
			}
		}
		took[name] = append(took[name], time.Since(began)/turns)
	}
	for _, name := range names {
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			var owned bool
			if err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&owned); err != nil || time.Now().After(deadline) {
				b.Fatal("no service: ", err)
			}
			if owned {
				break
			}
		}
		call(name)
	}
	clear(took)
	for b.Loop() {
		for _, name := range names {
			call(name)
		}
	}
	median := func(name string) float64 {
		slices.Sort(took[name])
		return float64(took[name][len(took[name])/2].Nanoseconds()) / 1000
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median("x.Direct"), "µs/direct")
	b.ReportMetric(median("x.Fenced"), "µs/fenced")
	b.ReportMetric(median("x.Fenced")/median("x.Direct"), "fenced/direct")
}
