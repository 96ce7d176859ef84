// go-mysql's parser over a binlog file, and nothing else: no server, no output, no canal.
//
//	leatpeers [-verify] FILE
//
// Prints as JSON how many row changes and events there were and how long it took. The parser gets each event as its
// BinlogSyncer would hand it over, out of a mapping of the file, so that reading costs it nothing. Checksums are
// verified only with -verify: BinlogSyncer's default is not to.
package main

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"
)

type figures struct {
	Rows    int64   `json:"rows"`
	Events  int64   `json:"events"`
	Seconds float64 `json:"wall_s"`
}

func mapped(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return syscall.Mmap(int(file.Fd()), 0, int(stat.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE)
}

func changes(event *replication.RowsEvent, kind replication.EventType) int64 {
	switch kind {
	case replication.UPDATE_ROWS_EVENTv0, replication.UPDATE_ROWS_EVENTv1, replication.UPDATE_ROWS_EVENTv2,
		replication.PARTIAL_UPDATE_ROWS_EVENT:
		return int64(len(event.Rows) / 2)
	}
	return int64(len(event.Rows))
}

func parse(path string, verify bool) (figures, error) {
	var done figures
	bytes, err := mapped(path)
	if err != nil {
		return done, err
	}
	const magicSize, sizeAt = 4, 9
	parser := replication.NewBinlogParser()
	parser.SetVerifyChecksum(verify)
	begin := time.Now()
	for at := magicSize; at+replication.EventHeaderSize <= len(bytes); done.Events++ {
		size := int(binary.LittleEndian.Uint32(bytes[at+sizeAt:]))
		if size < replication.EventHeaderSize || size > len(bytes)-at {
			return done, fmt.Errorf("%s:%d: an event of %d bytes", path, at, size)
		}
		event, err := parser.Parse(bytes[at : at+size])
		if err != nil {
			return done, fmt.Errorf("%s:%d: %w", path, at, err)
		}
		if rows, ok := event.Event.(*replication.RowsEvent); ok {
			done.Rows += changes(rows, event.Header.EventType)
		}
		at += size
	}
	done.Seconds = time.Since(begin).Seconds()
	return done, nil
}

func main() {
	verify := flag.Bool("verify", false, "verify checksums")
	flag.Parse()
	done, err := parse(flag.Arg(0), *verify)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(done)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
