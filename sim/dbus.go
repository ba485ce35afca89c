package sim

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"glovebox/headunit"
)

// busConf is a bus for one user on which everybody may do everything: the agent
// decides for itself who may call it.
const busConf = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <servicedir>%s</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// activation starts nothing: on a car systemd does, here the simulator does.
const activation = "[D-BUS Service]\nName=" + headunit.BusName + "\nExec=/bin/true\n"

// DBus is a private dbus-daemon.
type DBus struct {
	Address string
	daemon  *child
	socket  string // directory made for a socket whose path was too long, or empty
}

// StartDBus starts a bus whose files are in dir.
func StartDBus(dir string) (*DBus, error) {
	services := filepath.Join(dir, "services")
	if err := os.MkdirAll(services, 0o755); err != nil {
		return nil, fmt.Errorf("bus: %w", err)
	}
	b := &DBus{}
	socket := filepath.Join(dir, "bus")
	if len(socket) > 100 { // sockaddr_un holds 108 bytes
		short, err := os.MkdirTemp("", "gb")
		if err != nil {
			return nil, fmt.Errorf("bus: %w", err)
		}
		b.socket, socket = short, filepath.Join(short, "bus")
	}
	conf := filepath.Join(dir, "bus.conf")
	err := errors.Join(
		os.WriteFile(filepath.Join(services, headunit.BusName+".service"), []byte(activation), 0o644),
		os.WriteFile(conf, fmt.Appendf(nil, busConf, socket, services), 0o644),
		b.launch(conf))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bus: %w", err), b.Close())
	}
	return b, nil
}

// launch starts the daemon and reads the address it prints when it listens.
func (b *DBus) launch(conf string) error {
	cmd := exec.Command("dbus-daemon", "--config-file="+conf, "--nofork", "--nopidfile", "--nosyslog", "--print-address=1")
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	cmd.Stdout = write
	b.daemon, err = start(cmd)
	write.Close()
	if err != nil {
		return err
	}
	if err := read.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	address, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		return fmt.Errorf("dbus-daemon said no address: %w", err)
	}
	b.Address = strings.TrimSpace(address)
	return nil
}

// Close ends the bus.
func (b *DBus) Close() error {
	if b.daemon != nil {
		b.daemon.kill()
	}
	if b.socket != "" {
		return os.RemoveAll(b.socket)
	}
	return nil
}
