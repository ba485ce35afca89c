// Package hmi is the agent's face on D-Bus: the head unit logs people in, reads
// and sets. It names the Cabin that it needs and knows nothing behind it. Each
// interface is one file with its XML beside it. Each call passes the fence, which
// asks admission.go, and then dispatch.go.
package hmi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"

	"glovebox/agent/hmi/fence"
)

// Face answers on the bus. Run must run for anything to be announced; calls are
// answered from Own on, those that come before it wait.
type Face struct {
	cabin     Cabin         // from Own on
	owned     chan struct{} // closed by Own
	log       *slog.Logger
	address   string // of the bus
	conn      *dbus.Conn
	asked     []*dbus.Call    // of the bus, for Own
	ctx       context.Context // of all calls: ends with Close
	end       context.CancelFunc
	members   map[string]map[string]member
	identity  dbus.Variant
	access    Access
	fence     *fence.Fence
	queue     *queue
	starting  chan struct{} // held by the call that starts a session
	locks     *locks
	events    *events
	joining   chan int // new watchers' pipes, for Run
	releasing chan chan struct{}
	watchers  atomic.Int32 // open, or about to be
	announced table        // what the bus was told; of Own, then of Run
	endsBy    time.Time    // of Run: after Ending, the latest time for Ended
}

// busAnswers is how long a bus may take the connection without an answer.
const busAnswers = 10 * time.Second

// New connects to the bus, but does not yet take the name: that takes as long as
// opening the stores, and both can be done at once. The address is system, session
// or a D-Bus address.
func New(address string, access Access, log *slog.Logger) (*Face, error) {
	f := &Face{
		owned: make(chan struct{}), log: log, address: address, access: access, queue: newQueue(),
		starting: make(chan struct{}, 1), locks: newLocks(), events: newEvents(), joining: make(chan int),
		releasing: make(chan chan struct{}),
	}
	f.ctx, f.end = context.WithCancel(context.Background())
	f.members = f.methods()
	patience := time.AfterFunc(busAnswers, f.end)
	defer patience.Stop()
	err := f.connect(address)
	if err != nil {
		f.end()
		return nil, fmt.Errorf("connect to the bus: %w", err)
	}
	return f, nil
}

// connect puts the fence between the bus and godbus, and asks the bus to be let in and to
// tell who leaves it. Own hears the answers.
func (f *Face) connect(address string) (err error) {
	options := fence.Options{Patience: busAnswers, Heard: login1}
	if f.access.UID != nil {
		options.UID = func(sender string) (uint32, error) { return f.access.UID(f.ctx, sender) }
	}
	if f.fence, err = fence.Dial(address, &admission{face: f}, options); err != nil {
		return err
	}
	if f.conn, err = dbus.NewConn(f.fence, dbus.WithContext(f.ctx), dbus.WithHandler(dispatcher{f}), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler())); err != nil {
		return errors.Join(err, f.fence.Close())
	}
	if err = f.conn.Auth([]dbus.Auth{dbus.AuthExternal("")}); err != nil { // the fence answers it
		return errors.Join(err, f.conn.Close())
	}
	ask := func(member string, args ...any) {
		f.asked = append(f.asked, f.conn.BusObject().Go(busName+"."+member, 0, nil, args...))
	}
	ask("Hello")
	ask("AddMatch", changes+",arg2=''") // who leaves
	ask("AddMatch", changes+",arg0='"+login1+"'")
	return nil
}

// changes are the bus's signals of who owns a name (D-Bus Specification, "Match Rules").
const changes = "type='signal',sender='" + busName + "',interface='" + busName + "',member='NameOwnerChanged'"

// methods are the members of every interface, and what answers them.
func (f *Face) methods() map[string]map[string]member {
	return map[string]map[string]member{
		session1: f.session1(), settings1: f.settings1(), profile1: f.profile1(),
		roster1: f.roster1(), privacy1: f.privacy1(), messages1: f.messages1(), trips1: f.trips1(), vehicle1: f.vehicle1(),
		introspectable: {"Introspect": {run: f.introspect, apps: true}},
		properties: {
			"Get": {in: "ss", run: f.get, apps: true}, "GetAll": {in: "s", run: f.getAll, apps: true}, "Set": {in: "ssv", run: f.set},
		},
		objectManager: {"GetManagedObjects": {run: f.managedObjects}},
		peer:          {"Ping": {apps: true}, "GetMachineId": {apps: true}},
	}
}

// Own answers for cabin and takes the name. From here on the head unit finds the
// agent. It comes once, before Run. While the bus answers it notes what the bus is told
// of the cabin; no call is let in before that.
func (f *Face) Own(cabin Cabin) error {
	patience := time.AfterFunc(busAnswers, f.end)
	defer patience.Stop()
	for _, asked := range f.asked {
		if err := (<-asked.Done).Err; err != nil {
			return fmt.Errorf("ask the bus: %s: %w", asked.Method, err)
		}
	}
	asked := f.conn.BusObject().Go(busName+".RequestName", 0, nil, Name, uint32(dbus.NameFlagDoNotQueue))
	f.fence.Follow()
	plain, err := jsonObject(cabin.Identity())
	if err != nil {
		return fmt.Errorf("show the identity: %w", err)
	}
	if f.identity, err = toVariant(plain); err != nil {
		return fmt.Errorf("show the identity: %w", err)
	}
	f.cabin = cabin
	f.announced = f.table()
	close(f.owned)
	var answer uint32
	if err := (<-asked.Done).Store(&answer); err != nil {
		return fmt.Errorf("take the name %s: %w", Name, err)
	}
	if dbus.RequestNameReply(answer) != dbus.RequestNameReplyPrimaryOwner {
		return fmt.Errorf("take the name %s: another program has it", Name)
	}
	return nil
}

// Retell has Run tell all properties of the session, as a process does that has taken over
// from another. It comes after Own and before Run.
func (f *Face) Retell() {
	delete(f.announced[RootPath], session1)
	f.Refresh()
}

// ErrBusGone says that the bus ended or dropped the agent. There is no way back
// into it: the process ends and is started again.
var ErrBusGone = errors.New("the D-Bus connection ended")

// behind is how long signals wait, so that the answer to the call that they follow from
// does not contend with them, nor with what all who hear them do.
const behind = time.Millisecond

// Run announces what changed and serves the watchers until ctx ends, or the bus
// does. It blocks.
func (f *Face) Run(ctx context.Context) error {
	watching := &stream{face: f}
	defer watching.end()
	var news <-chan time.Time // when it is told; nil while there is none
	for {
		select {
		case <-ctx.Done():
			f.tell() // to the last
			return nil
		case <-f.conn.Context().Done():
			f.end() // nobody waits for this loop any more
			return ErrBusGone
		case <-f.events.wake:
			if news == nil {
				news = time.After(behind)
			}
		case <-news:
			news = nil
			f.tell()
		case released := <-f.releasing:
			f.tell()
			if _, err := f.conn.ReleaseName(Name); err != nil {
				f.log.Warn("name not given back", "err", err)
			}
			close(released)
		case fd := <-f.joining:
			watching.join(fd)
		case <-watching.ready():
			watching.pour()
		case <-watching.again():
			watching.pour()
		}
	}
}

// Release gives the name back, once all is told that happened before: from then on the
// bus keeps what is called until somebody has the name again. It needs Run.
func (f *Face) Release() {
	released := make(chan struct{})
	select {
	case f.releasing <- released:
		<-released
	case <-f.ctx.Done():
	}
}

// Drain returns when every call that arrived is answered, or after patience.
func (f *Face) Drain(patience time.Duration) {
	for end := time.Now().Add(patience); f.fence.Unanswered() > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// Close leaves the bus; open calls are ended.
func (f *Face) Close() error {
	f.end()
	f.locks.end()
	return f.conn.Close()
}

const (
	busName = "org.freedesktop.DBus"
	login1  = "org.freedesktop.login1" // it says when the unit goes to sleep
)
