package join

import (
	"context"
	"crypto/ed25519"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/edgetoken/edgetoken/host/exactjson"
	"github.com/edgetoken/edgetoken/host/fleet/lane"
	"github.com/edgetoken/edgetoken/host/fleet/lane/linktls"
	"github.com/edgetoken/edgetoken/host/server"
	"github.com/edgetoken/edgetoken/host/throttle"
	"github.com/edgetoken/edgetoken/store"
)

// Config is what the hub's side works on. All is required but for what says otherwise.
type Config struct {
	Store    *store.DB // of role Hub
	Roster   lane.Roster
	Settings func() Settings  // those in force at the hub
	Lane     string           // Answer.Lane
	Lanes    func() []string  // further addresses of the hub, as nats://host:port; nil: none
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: nothing is logged
}

// Bounds of what strangers and members may ask for.
const (
	maxRequest = 64 << 10 // bytes
	reading    = 10 * time.Second
	maxJoins   = 4       // at a time
	maxCopies  = 2       // at a time; each takes room on the disk
	history    = 1 << 12 // entries of throttle.History
)

// How often a client, and all clients together, may ask to join. A secret has 256 bits, so this keeps out no attack but
// one on the hub's time.
var (
	perClient = throttle.Rate{Requests: 10, Period: time.Minute}
	perHub    = throttle.Rate{Requests: 120, Period: time.Minute}
)

// perNode is how often a member may ask for a copy, which costs the hub much. One that asks again since its link breaks
// comes nowhere near it.
var perNode = throttle.Rate{Requests: 10, Period: 5 * time.Minute}

// handler answers under the hub's fleet listener.
type handler struct {
	cfg     Config
	asked   *throttle.History
	joining chan struct{}
	copying chan struct{}
	copied  *throttle.History // by members

	mu    sync.Mutex
	takes map[uint16]bool // the members that are taking a copy: one each
}

// NewHandler gives the handler of JoinPath and CopyPath. The server before it takes TLS of linktls.Anyone, without
// which nobody is a member.
func NewHandler(cfg Config) http.Handler {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	h := &handler{cfg: cfg, asked: throttle.NewHistory(history), joining: make(chan struct{}, maxJoins),
		copying: make(chan struct{}, maxCopies), takes: map[uint16]bool{},
		copied: throttle.NewHistory(history)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+JoinPath, h.join)
	mux.HandleFunc("GET "+CopyPath, h.copy)
	return mux
}

// refusal is what a node is told in place of an answer.
type refusal struct {
	status int
	retry  time.Duration // Retry-After; 0: none
	error
}

func (r refusal) Unwrap() error { return r.error }

// enter takes one of a bounded number of places. The caller calls leave.
func enter(places chan struct{}, busy string) (leave func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	default:
		return nil, refusal{http.StatusServiceUnavailable, 5 * time.Second, errors.New(busy)}
	}
}

func (h *handler) join(w http.ResponseWriter, r *http.Request) {
	client, _ := server.ParseClient(r.RemoteAddr)
	answer, err := h.letIn(w, r, client)
	if err != nil {
		h.refuse(w, "a node was not let into the fleet", client, err)
		return
	}
	h.cfg.Log.Info("a node has joined the fleet", "node", answer.Number, "name", answer.Name, "client",
		client.Address.String())
	body, err := json.Marshal(answer)
	if err != nil {
		h.refuse(w, "a node was not answered", client, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(body, '\n')) // an error means that the node is gone: it asks again
}

// letIn does what a request to join asks for.
func (h *handler) letIn(w http.ResponseWriter, r *http.Request, client server.Client) (a Answer, err error) {
	// The client's own comes first: what that refuses takes nothing of what is for all.
	for _, of := range []struct {
		key  string
		rate throttle.Rate
	}{{client.Network.String(), perClient}, {"", perHub}} {
		if wait, ok := h.asked.Admit(of.key, of.rate, h.cfg.Now()); !ok {
			return a, refusal{http.StatusTooManyRequests, wait, errors.New("too many nodes ask to join: wait a minute")}
		}
	}
	request, err := readRequest(w, r)
	if err != nil {
		return a, refusal{http.StatusBadRequest, 0, err}
	}
	leave, err := enter(h.joining, "too many nodes are joining: try again")
	if err != nil {
		return a, err
	}
	defer leave()
	m := h.cfg.Store.Membership()
	if err := request.check(m.ID, m.HubKey); err != nil {
		return a, refusal{http.StatusBadRequest, 0, err}
	}
	if key, ok := linktls.PeerKey(r.TLS); ok && !key.Equal(ed25519.PublicKey(request.Key)) {
		return a, refusal{http.StatusBadRequest, 0, errors.New("the key of the link is another than that of the " +
			"request")}
	}
	return h.admit(r.Context(), m, request)
}

// admit checks a request that is well formed, and gives the node its number. The invitation is used up only if all else
// is right, so that an operator sets right what differs and runs the same command again.
func (h *handler) admit(ctx context.Context, m store.Membership, request Request) (a Answer, err error) {
	if err := h.invited(ctx, request); err != nil {
		return a, err
	}
	if ids := IDs(h.cfg.Store.IDs()); request.IDs != ids {
		return a, refusal{http.StatusConflict, 0, fmt.Errorf("ids of customers are of the kind %s at the hub and "+
			"%.20q here: set customers.ids: %[1]s, and name an empty data directory", ids, request.IDs)}
	}
	refused, warnings := Compare(h.cfg.Settings(), request.Settings)
	if len(refused) > 0 {
		return a, refusal{http.StatusConflict, 0, fmt.Errorf("the nodes of a fleet have to agree on these settings: %s",
			strings.Join(refused, "; "))}
	}
	node, err := h.cfg.Store.Node(ctx)
	if err != nil {
		return a, unavailable(err)
	}
	member, err := h.cfg.Store.Redeem(ctx, request.digest(), [32]byte(request.Key), request.Name, h.cfg.Now())
	switch {
	case errors.Is(err, store.ErrInvitation):
		return a, uninvited
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrClosed):
		return a, unavailable(err)
	case err != nil:
		return a, refusal{http.StatusConflict, 0, err}
	}
	a = Answer{Number: member.Number, Name: member.Name, Homes: node.Homes, Addresses: m.Addresses, Lane: h.cfg.Lane,
		Warnings: append([]string{}, warnings...)}
	if h.cfg.Lanes != nil {
		a.Addresses = append(append([]string{}, m.Addresses...), h.cfg.Lanes()...)
	}
	return a, nil
}

// uninvited is the refusal of one who has no invitation that can be used.
var uninvited = refusal{http.StatusForbidden, 0, errors.New("the invitation has ended, was used, or is not one of " +
	"this hub: edgetoken fleet invite makes another one there")}

// invited refuses one who has no invitation, before it hears anything of the hub. A member may have used its own.
func (h *handler) invited(ctx context.Context, request Request) error {
	if _, member := h.cfg.Roster(request.Key); member {
		return nil
	}
	list, err := h.cfg.Store.Invitations(ctx)
	if err != nil {
		return unavailable(err)
	}
	digest, found := request.digest(), 0
	for _, i := range list {
		found |= subtle.ConstantTimeCompare(i.Digest[:], digest[:])
	}
	if found == 0 {
		return uninvited
	}
	return nil
}

// unavailable is a refusal for an error of the store.
func unavailable(err error) refusal {
	return refusal{http.StatusServiceUnavailable, time.Second, err}
}

// readRequest reads a body, in its time: the server before it gives bodies all the time that they want.
func readRequest(w http.ResponseWriter, r *http.Request) (request Request, err error) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(reading)) // it fails where no connection has deadlines
	b, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxRequest))
	_ = rc.SetReadDeadline(time.Time{})
	if err != nil {
		return request, fmt.Errorf("read the request: %w", err)
	}
	if err := exactjson.Unmarshal(b, &request); err != nil {
		return request, fmt.Errorf("the request %w", err)
	}
	return request, nil
}

// copy sends a member the store for an edge.
func (h *handler) copy(w http.ResponseWriter, r *http.Request) {
	client, _ := server.ParseClient(r.RemoteAddr)
	key, _ := linktls.PeerKey(r.TLS)
	number, member := h.cfg.Roster(key)
	if !member {
		h.refuse(w, "a stranger asked for a copy of the store", client, refusal{http.StatusForbidden, 0,
			errors.New("this node is no member of the fleet, or was withdrawn from it")})
		return
	}
	leave, err := h.enterCopy(number)
	if err != nil {
		h.refuse(w, "a copy was not sent", client, err)
		return
	}
	defer leave()
	b, err := h.cfg.Store.CopyForEdge(r.Context())
	if err != nil {
		h.refuse(w, "a copy was not sent", client, unavailable(err))
		return
	}
	defer b.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(b.Size, 10))
	if err := server.Send(w, b); err != nil {
		h.cfg.Log.Warn("a copy was not taken to its end", "node", number, "error", err)
		return
	}
	h.cfg.Log.Info("sent a copy of the store", "node", number, "bytes", b.Size)
}

// enterCopy lets a member take a copy. The caller calls leave.
func (h *handler) enterCopy(number uint16) (leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.takes[number] {
		return nil, refusal{http.StatusServiceUnavailable, 5 * time.Second,
			errors.New("this node takes a copy already")}
	}
	free, err := enter(h.copying, "other nodes are copying the store: try again")
	if err != nil {
		return nil, err
	}
	if wait, ok := h.copied.Admit(strconv.Itoa(int(number)), perNode, h.cfg.Now()); !ok {
		free()
		return nil, refusal{http.StatusTooManyRequests, wait, errors.New("this node asks for too many copies: wait")}
	}
	h.takes[number] = true
	return func() {
		free()
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.takes, number)
	}, nil
}

// refuse writes a refusal, and logs it. The texts of errors that are none stay here.
func (h *handler) refuse(w http.ResponseWriter, what string, client server.Client, err error) {
	h.cfg.Log.Warn(what, "client", client.Address.String(), "error", err)
	r := refusal{http.StatusInternalServerError, 0, errors.New("the hub failed: see its log")}
	errors.As(err, &r)
	text := r.Error()
	if r.status == http.StatusServiceUnavailable {
		text = "the hub cannot do it now: try again"
	}
	body, _ := json.Marshal(map[string]string{"error": text}) // a text can always be written
	if r.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(r.retry/time.Second)+1))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	_, _ = w.Write(append(body, '\n'))
}
