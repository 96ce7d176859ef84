// go-mysql's canal to Kafka with franz-go: each row change as hand-written JSON, keyed by its primary key. Ends once ROWS of them are
// acknowledged.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/go-mysql-org/go-mysql/canal"
	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	rows     = flag.Int64("rows", 0, "how many there are")
	addr     = flag.String("addr", "", "the server, host:port")
	user     = flag.String("user", "", "")
	password = flag.String("password-file", "", "")
	brokers  = flag.String("brokers", "", "")
	prefix   = flag.String("prefix", "", "of topics")
	file     = flag.String("file", "", "where the binlog begins")
	pos      = flag.Uint("pos", 4, "")
)

type handler struct {
	canal.DummyEventHandler
	client *kgo.Client
	gtid   string
	file   string
	acked  atomic.Int64
	done   chan struct{}
	topics map[string]string
}

func (h *handler) OnGTID(_ *replication.EventHeader, gtid mysql.BinlogGTIDEvent) error {
	set, err := gtid.GTIDNext()
	if err == nil {
		h.gtid = set.String()
	}
	return nil
}

func (h *handler) OnRotate(_ *replication.EventHeader, event *replication.RotateEvent) error {
	h.file = string(event.NextLogName)
	return nil
}

func appendString(b []byte, text string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, text[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, fmt.Sprintf("\\u%04x", c)...)
		}
		from = i + 1
	}
	return append(append(b, text[from:]...), '"')
}

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, "null"...)
	case int32:
		return strconv.AppendInt(b, int64(v), 10)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case string:
		return appendString(b, v)
	case []byte:
		return appendString(b, string(v))
	default:
		return appendString(b, fmt.Sprint(v))
	}
}

func appendRow(b []byte, event *canal.RowsEvent, row []any) []byte {
	if row == nil {
		return append(b, "null"...)
	}
	b = append(b, '{')
	for i := range event.Table.Columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), event.Table.Columns[i].Name...), '"', ':')
		b = appendValue(b, row[i])
	}
	return append(b, '}')
}

func (h *handler) value(event *canal.RowsEvent, op string, i int, before, after []any) []byte {
	b := make([]byte, 0, 960)
	b = appendRow(append(b, `{"before":`...), event, before)
	b = appendRow(append(b, `,"after":`...), event, after)
	b = append(append(b, `,"source":{"connector":"mysql","name":"`...), *prefix...)
	b = strconv.AppendInt(append(b, `","ts_ms":`...), int64(event.Header.Timestamp)*1000, 10)
	b = appendString(append(b, `,"db":`...), event.Table.Schema)
	b = appendString(append(b, `,"table":`...), event.Table.Name)
	b = strconv.AppendUint(append(b, `,"server_id":`...), uint64(event.Header.ServerID), 10)
	b = append(append(b, `,"gtid":"`...), h.gtid...)
	b = append(append(b, `","file":"`...), h.file...)
	b = strconv.AppendUint(append(b, `","pos":`...), uint64(event.Header.LogPos), 10)
	b = strconv.AppendInt(append(b, `,"row":`...), int64(i), 10)
	return append(append(append(b, `},"op":"`...), op...), '"', '}')
}

func (h *handler) key(event *canal.RowsEvent, row []any) []byte {
	b := append(make([]byte, 0, 32), '{')
	for i, column := range event.Table.PKColumns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), event.Table.Columns[column].Name...), '"', ':')
		b = appendValue(b, row[column])
	}
	return append(b, '}')
}

func (h *handler) one(event *canal.RowsEvent, op string, i int, before, after []any) {
	row := after
	if row == nil {
		row = before
	}
	topic := h.topics[event.Table.Name]
	if topic == "" {
		topic = *prefix + "." + event.Table.Schema + "." + event.Table.Name
		h.topics[event.Table.Name] = topic
	}
	record := &kgo.Record{Topic: topic, Key: h.key(event, row), Value: h.value(event, op, i, before, after)}
	h.client.Produce(context.Background(), record, func(_ *kgo.Record, err error) {
		if err != nil {
			slog.Error("produce", "err", err)
			os.Exit(1)
		}
		if h.acked.Add(1) == *rows {
			close(h.done)
		}
	})
}

func (h *handler) OnRow(event *canal.RowsEvent) error {
	step := 1
	if event.Action == canal.UpdateAction {
		step = 2
	}
	for i := 0; i < len(event.Rows); i += step {
		switch event.Action {
		case canal.InsertAction:
			h.one(event, "c", i, nil, event.Rows[i])
		case canal.DeleteAction:
			h.one(event, "d", i, event.Rows[i], nil)
		case canal.UpdateAction:
			h.one(event, "u", i/2, event.Rows[i], event.Rows[i+1])
		}
	}
	return nil
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	flag.Parse()
	secret, err := os.ReadFile(*password)
	must(err)
	config := canal.NewDefaultConfig()
	config.Addr, config.User, config.Password = *addr, *user, strings.TrimRight(string(secret), "\n")
	config.ServerID = 7001
	config.Dump.ExecutionPath = ""
	config.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	source, err := canal.NewCanal(config)
	must(err)
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(*brokers, ",")...), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(kgo.Lz4Compression()), kgo.ProducerBatchMaxBytes(1000000), kgo.MaxBufferedRecords(262144),
		kgo.MaxBufferedBytes(256<<20), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.UnknownTopicRetries(100))
	must(err)
	work := &handler{client: client, file: *file, done: make(chan struct{}), topics: map[string]string{}}
	source.SetEventHandler(work)
	go func() { must(source.RunFrom(mysql.Position{Name: *file, Pos: uint32(*pos)})) }()
	<-work.done
}
