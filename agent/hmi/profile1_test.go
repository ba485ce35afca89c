package hmi_test

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"glovebox/profiles"
)

// memory is a file in memory with this text, sealed or not.
func memory(text string, sealed bool) (fd int, err error) {
	fd, err = unix.MemfdCreate("import", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, err
	}
	if _, err = unix.Write(fd, []byte(text)); err == nil && sealed {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	}
	return fd, err
}

func (w *world) atTheWheel(who profiles.ID) {
	w.cabin.change(func(c *cabin) { c.session.State, c.session.Profile = "active", who })
}

const exported = `{"glovebox":"settings","version":1,"settings":{"radio":{"volume":7},"app.maps":{"zoom":{"y":3}}}}`

// What an app keeps comes back as it was, of whatever type that the fence lets in.
func TestAppKeepsAnyType(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	type pair struct {
		A int32
		B []string
	}
	given := map[string]dbus.Variant{}
	for key, v := range map[string]any{
		"y": byte(200), "b": true, "n": int16(-3), "q": uint16(65535), "i": int32(-1 << 31), "u": uint32(1<<32 - 1), "x": int64(-1 << 63), "t": uint64(1<<64 - 1),
		"d": -0.25, "s": "Küste <&> \u2028", "o": dbus.ObjectPath("/a/b"), "g": dbus.ParseSignatureMust("a{sv}"), "v": dbus.MakeVariant(dbus.MakeVariant(byte(1))),
		"ay": []byte{0, 255}, "as": []string{}, "aa": [][]int16{{1}, {}}, "av": []dbus.Variant{dbus.MakeVariant(uint64(7)), dbus.MakeVariant("x")},
		"bag": bag("name", "x", "pair", pair{1, []string{"y"}}), "bags": []map[string]dbus.Variant{bag("a", byte(1)), {}}, "struct": pair{-1, []string{"a", ""}},
		"structs": []pair{{1, nil}, {2, []string{"z"}}}, "numbers": map[uint16]float64{1: 0.5, 700: -1e300}, "infinite": math.Inf(-1), "empty": map[string]string{},
		"deep": struct{ A struct{ B struct{ C byte } } }{},
	} {
		given[key] = dbus.MakeVariant(v)
	}
	if err := ask(c, "Settings1.Set", "app.maps", given, none).Err; err != nil {
		t.Fatal(err)
	}
	answer := ask(c, "Settings1.Get", "app.maps")
	if answer.Err != nil {
		t.Fatal(answer.Err)
	}
	got := answer.Body[0].(map[string]dbus.Variant) // Store would guess other types
	wire := func(v any) string {                    // structs come back without their Go types
		text, err := json.Marshal(plainly(v))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for key, v := range given {
		if got[key].Signature() != v.Signature() || wire(got[key]) != wire(v) {
			t.Errorf("%s: %v came back as %v", key, v, got[key])
		}
	}
	if len(got) != len(given) {
		t.Errorf("%d keys came back as %d", len(given), len(got))
	}
}

// plainly is a value that JSON can hold, the same for a struct and what it is decoded as.
func plainly(v any) any {
	switch v := v.(type) {
	case dbus.Variant:
		return []any{v.Signature().String(), plainly(v.Value())}
	case dbus.Signature:
		return v.String()
	case float64:
		return math.Float64bits(v)
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Slice:
		list := []any{}
		for i := range r.Len() {
			list = append(list, plainly(r.Index(i).Interface()))
		}
		return list
	case reflect.Struct:
		list := []any{}
		for i := range r.NumField() {
			list = append(list, plainly(r.Field(i).Interface()))
		}
		return list
	case reflect.Map:
		all := map[string]any{}
		for _, key := range r.MapKeys() {
			name, _ := json.Marshal(key.Interface())
			all[string(name)] = plainly(r.MapIndex(key).Interface())
		}
		return all
	}
	return v
}

// Export gives memory that nobody can change, at its beginning; Import of it gives the
// same settings, and it is for the person at the wheel alone.
func TestExportIsSealed(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	export := func() (fd dbus.UnixFD, err error) {
		err = askAt(c, dbusPath(anna), "org.glovebox.Profile1.Export").Store(&fd)
		return fd, err
	}
	for _, who := range []profiles.ID{{}, jonas} {
		w.atTheWheel(who)
		if _, err := export(); name(err) != "NotPermitted" {
			t.Errorf("with %v at the wheel: %v", who, err)
		}
	}
	w.atTheWheel(anna)
	w.cabin.change(func(c *cabin) {
		c.values = profiles.Values{"radio": {"volume": byte(7)}, "app.maps": {"zoom": profiles.Typed{Type: "y", Value: byte(3)}}}
	})
	fd, err := export()
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "export")
	defer file.Close()
	text, err := io.ReadAll(file)
	var want, got any
	if err != nil || json.Unmarshal(text, &got) != nil || json.Unmarshal([]byte(exported), &want) != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("exported %s, %v", text, err)
	}
	if _, err := unix.Pwrite(int(fd), []byte("x"), 0); err == nil {
		t.Error("what is exported can be changed")
	}
	if err := unix.Ftruncate(int(fd), 0); err == nil {
		t.Error("what is exported can be cut")
	}
	w.cabin.change(func(c *cabin) { c.values = defaults() })
	if err := askAt(c, dbusPath(anna), "org.glovebox.Profile1.Import", fd, none).Err; err != nil {
		t.Fatal(err)
	}
	w.cabin.change(func(c *cabin) {
		if c.values["radio"]["volume"] != byte(7) || len(c.values["app.maps"]) != 1 {
			t.Errorf("imported %v", c.values)
		}
	})
}

// A file is read whole and at once, whatever it is said to be: what could make the
// agent wait or change meanwhile is refused, and so is what is too long.
func TestWhatIsImported(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	dir := t.TempDir()
	regular := func(text string, flag int) int {
		path := filepath.Join(dir, "import.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return must(unix.Open(path, flag|unix.O_CLOEXEC, 0))
	}
	var pipe, pair [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	pair = must(unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))
	long := func(n int) string { return exported + strings.Repeat(" ", n-len(exported)) }
	for _, row := range []struct {
		what string
		fd   int
		who  profiles.ID
		want string
	}{
		{"a file", regular(exported, unix.O_RDONLY), anna, ""},
		{"sealed memory", must(memory(exported, true)), anna, ""},
		{"memory that is not sealed", must(memory(exported, false)), anna, "InvalidArgument"},
		{"2 MiB", must(memory(long(2<<20), true)), anna, ""},
		{"2 MiB and a byte", must(memory(long(2<<20+1), true)), anna, "InvalidArgument"},
		{"a file that can only be written", regular(exported, unix.O_WRONLY), anna, "InvalidArgument"},
		{"a pipe", pipe[0], anna, "InvalidArgument"},
		{"a socket", pair[0], anna, "InvalidArgument"},
		{"a device", must(unix.Open("/dev/zero", unix.O_RDONLY|unix.O_CLOEXEC, 0)), anna, "InvalidArgument"},
		{"a folder", must(unix.Open(dir, unix.O_RDONLY|unix.O_CLOEXEC, 0)), anna, "InvalidArgument"},
		{"somebody else's", must(memory(exported, true)), jonas, "NotPermitted"},
		{"a guest's", must(memory(exported, true)), profiles.ID{}, "NotPermitted"},
		{"nothing", must(memory("", true)), anna, "InvalidArgument"},
		{"nothing, a guest's: it is not even read", must(memory("", true)), profiles.ID{}, "NotPermitted"},
	} {
		w.atTheWheel(row.who)
		w.cabin.change(func(c *cabin) { c.values = defaults() })
		err := askAt(c, dbusPath(anna), "org.glovebox.Profile1.Import", dbus.UnixFD(row.fd), none).Err
		if name(err) != row.want {
			t.Errorf("%s: %v, want %q", row.what, err, row.want)
		}
		w.cabin.change(func(c *cabin) {
			if set := c.values["radio"]["volume"] == byte(7); set != (row.want == "") {
				t.Errorf("%s: set %v", row.what, set)
			}
		})
		if err := unix.Close(row.fd); err != nil {
			t.Fatal(err)
		}
	}
	for _, fd := range []int{pipe[1], pair[1]} {
		_ = unix.Close(fd)
	}
	w.atTheWheel(anna)
	newer := strings.Replace(exported, `"volume":7`, `"volume":8,"smell":1`, 1)
	fd := dbus.UnixFD(must(memory(newer, true)))
	defer unix.Close(int(fd))
	if err := askAt(c, dbusPath(anna), "org.glovebox.Profile1.Import", fd, none).Err; name(err) != "InvalidArgument" || !strings.Contains(err.Error(), "smell") {
		t.Errorf("an unknown key: %v", err)
	}
	if err := askAt(c, dbusPath(anna), "org.glovebox.Profile1.Import", fd, bag("skip_unknown", true)).Err; err != nil {
		t.Errorf("an unknown key that may be left out: %v", err)
	}
}

// An app's values fill a message to the last byte in the order that godbus reads.
func TestLargeStoreComesBack(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	list := make([]uint32, 10_000)
	for i := range list {
		list[i] = uint32(i)
	}
	if err := ask(c, "Settings1.Set", "app.maps", bag("list", list, "name", strings.Repeat("x", 7)), none).Err; err != nil {
		t.Fatal(err)
	}
	var got map[string]dbus.Variant
	if err := ask(c, "Settings1.Get", "app.maps").Store(&got); err != nil || !reflect.DeepEqual(got["list"].Value(), list) {
		t.Errorf("%d bytes came back otherwise: %v", binary.Size(list), err)
	}
}
