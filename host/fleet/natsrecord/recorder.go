//go:build !nofleet

package natsrecord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	dialing   = 2 * time.Second
	reading   = 10 * time.Second // for the next record
	maxRecord = 1 << 20          // bytes of a record

	prefetched = 4 << 20 // bytes of records that wait to be taken
)

// Recorder keeps records in a stream. It implements fleet.Recorder, which says what each method does. Its methods are
// safe for concurrent use.
type Recorder struct {
	cfg           Config
	name, subject string // of the stream
	nc            *nats.Conn
	js            jetstream.JetStream

	mu   sync.Mutex
	last uint64 // the number of the last record in the stream
}

// New begins to connect to the servers, and goes on for ever: servers that are away are no error.
func New(cfg Config) (*Recorder, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	r := &Recorder{cfg: cfg, name: "edgetoken-" + cfg.Fleet, subject: "edgetoken." + cfg.Fleet}
	options := []nats.Option{
		nats.Name("edgetoken recorder"),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(time.Second),
		nats.ReconnectJitter(time.Second, time.Second),
		nats.ReconnectBufSize(-1), // what cannot be sent is recorded later
		nats.PingInterval(5 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.Timeout(dialing),
		nats.IgnoreAuthErrorAbort(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			cfg.Log.Debug("the link of the recorder", "err", err)
		}),
	}
	if cfg.Credentials != "" {
		options = append(options, nats.UserCredentials(cfg.Credentials))
	}
	var err error
	if r.nc, err = nats.Connect(strings.Join(cfg.Servers, ","), options...); err != nil {
		return nil, fmt.Errorf("connect to the recorder: %w", err)
	}
	if r.js, err = jetstream.New(r.nc); err != nil {
		r.nc.Close()
		return nil, fmt.Errorf("connect to the recorder: %w", err)
	}
	return r, nil
}

// Close ends the connection.
func (r *Recorder) Close() error {
	r.nc.Close()
	return nil
}

// stream finds the stream, and makes it where there is none.
func (r *Recorder) stream(ctx context.Context) (jetstream.Stream, error) {
	s, err := r.js.Stream(ctx, r.name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = r.js.CreateStream(ctx, jetstream.StreamConfig{Name: r.name, Subjects: []string{r.subject},
			Storage: jetstream.FileStorage, MaxAge: r.cfg.Age, MaxMsgSize: maxRecord})
		if err == nil {
			r.cfg.Log.Warn("made a new stream for the record of the fleet: there was none", "stream", r.name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s of the recorder: %w", r.name, err)
	}
	return s, nil
}

func (r *Recorder) Last(ctx context.Context) ([]byte, error) {
	s, err := r.stream(ctx)
	if err != nil {
		return nil, err
	}
	last := s.CachedInfo().State.LastSeq
	var record []byte
	if s.CachedInfo().State.Msgs > 0 {
		m, err := s.GetMsg(ctx, last)
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil, fmt.Errorf("the last record: %w", err)
		}
		if m != nil {
			record = m.Data
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = last
	return record, nil
}

func (r *Recorder) Append(ctx context.Context, record []byte) error {
	r.mu.Lock()
	last := r.last
	r.mu.Unlock()
	ack, err := r.js.Publish(ctx, r.subject, record, jetstream.WithExpectStream(r.name),
		jetstream.WithExpectLastSequence(last))
	if err != nil {
		return fmt.Errorf("append to stream %s of the recorder: %w", r.name, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = ack.Sequence
	return nil
}

func (r *Recorder) Each(ctx context.Context, since time.Time, take func(record []byte) error) error {
	s, err := r.stream(ctx)
	if err != nil {
		return err
	}
	how := jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy}
	if !since.IsZero() {
		how.DeliverPolicy, how.OptStartTime = jetstream.DeliverByStartTimePolicy, &since
	}
	c, err := s.OrderedConsumer(ctx, how)
	if err != nil {
		return fmt.Errorf("read stream %s of the recorder: %w", r.name, err)
	}
	info, err := c.Info(ctx)
	if err != nil {
		return fmt.Errorf("read stream %s of the recorder: %w", r.name, err)
	}
	if info.NumPending == 0 {
		return nil
	}
	return r.read(ctx, c, take)
}

// read reads all records that a consumer has.
func (r *Recorder) read(ctx context.Context, c jetstream.Consumer, take func(record []byte) error) error {
	list, err := c.Messages(jetstream.PullMaxBytes(prefetched))
	if err != nil {
		return fmt.Errorf("read stream %s of the recorder: %w", r.name, err)
	}
	defer list.Stop()
	for {
		within, stop := context.WithTimeout(ctx, reading)
		m, err := list.Next(jetstream.NextContext(within))
		stop()
		if err != nil {
			return fmt.Errorf("read stream %s of the recorder: %w", r.name, err)
		}
		at, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read stream %s of the recorder: %w", r.name, err)
		}
		if err := take(m.Data()); err != nil || at.NumPending == 0 {
			return err
		}
	}
}
