// What Maxwell's own classes print for a binlog file: each row's key and value, and each DDL, as JSON lines.
// java MaxwellTruth FILE ROWS|DDL [output option ...], read by record-peers.
import com.github.shyiko.mysql.binlog.BinaryLogFileReader;
import com.github.shyiko.mysql.binlog.event.*;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer.CompatibilityMode;
import com.zendesk.maxwell.CaseSensitivity;
import com.zendesk.maxwell.producer.MaxwellOutputConfig;
import com.zendesk.maxwell.replication.*;
import com.zendesk.maxwell.row.RowMap;
import com.zendesk.maxwell.row.RowMapBuffer;
import com.zendesk.maxwell.schema.*;
import com.zendesk.maxwell.schema.ddl.*;
import java.io.File;
import java.io.PrintStream;
import java.util.*;

public class MaxwellTruth {
    static final PrintStream out = new PrintStream(System.out, true, java.nio.charset.StandardCharsets.UTF_8);
    static final MaxwellOutputConfig config = new MaxwellOutputConfig();
    static RowMap.KeyFormat keys = RowMap.KeyFormat.HASH;
    static RowMapBuffer buffer = new RowMapBuffer(1 << 30);
    static Schema schema = new Schema(new ArrayList<>(), "utf8mb4", CaseSensitivity.CASE_SENSITIVE);

    static void set(String option) {
        switch (option) {
        case "output_binlog_position": config.includesBinlogPosition = true; break;
        case "output_gtid_position": config.includesGtidPosition = true; break;
        case "output_xoffset": config.includesXOffset = true; break;
        case "output_nulls=false": config.includesNulls = false; break;
        case "output_commit_info=false": config.includesCommitInfo = false; break;
        case "output_server_id": config.includesServerId = true; break;
        case "output_thread_id": config.includesThreadId = true; break;
        case "output_primary_keys": config.includesPrimaryKeys = true; break;
        case "output_primary_key_columns": config.includesPrimaryKeyColumns = true; break;
        case "output_row_query": config.includesRowQuery = true; break;
        case "output_ddl": config.outputDDL = true; break;
        case "output_null_zerodates": config.zeroDatesAsNull = true; break;
        case "kafka_key_format=array": keys = RowMap.KeyFormat.ARRAY; break;
        default: throw new IllegalArgumentException(option);
        }
    }

    static void flush(Long xid, boolean commit) throws Exception {
        if (xid != null) buffer.setXid(xid);
        if (commit && !buffer.isEmpty()) buffer.getLast().setTXCommit();
        while (!buffer.isEmpty()) {
            RowMap row = buffer.removeFirst();
            String value;
            try { value = row.toJSON(config); } catch (Throwable t) { value = "failed: " + t; }
            out.println(row.pkToJson(keys) + "\t" + value);
        }
        buffer = new RowMapBuffer(1 << 30);
    }

    public static void main(String[] args) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        for (int i = 1; i < args.length; i++) set(args[i]);
        EventDeserializer events = new EventDeserializer();
        events.setCompatibilityMode(CompatibilityMode.DATE_AND_TIME_AS_LONG_MICRO,
            CompatibilityMode.CHAR_AND_BINARY_AS_BYTE_ARRAY, CompatibilityMode.INVALID_DATE_AND_TIME_AS_MIN_VALUE);
        String name = new File(args[0]).getName(), gtid = null, query = null;
        Map<Long, TableMapEventData> maps = new HashMap<>();
        BinaryLogFileReader reader = new BinaryLogFileReader(new File(args[0]), events);
        for (Event event; (event = reader.readEvent()) != null;) {
            EventHeaderV4 header = event.getHeader();
            if (event.getData() instanceof GtidEventData) { gtid = ((GtidEventData) event.getData()).getGtid(); continue; }
            BinlogConnectorEvent wrapped = new BinlogConnectorEvent(event, name, null, gtid, config);
            switch (header.getEventType()) {
            case TABLE_MAP:
                maps.put(((TableMapEventData) event.getData()).getTableId(), event.getData());
                break;
            case ROWS_QUERY:
                query = ((RowsQueryEventData) event.getData()).getQuery();
                break;
            case EXT_WRITE_ROWS: case EXT_UPDATE_ROWS: case EXT_DELETE_ROWS: {
                TableMapEventData map = maps.get(wrapped.getTableID());
                Table table = schema.findDatabaseOrThrow(map.getDatabase()).findTableOrThrow(map.getTable());
                try {
                    for (RowMap row : wrapped.jsonMaps(table, 0, query)) buffer.add(row);
                } catch (Throwable t) { out.println("failed: " + map.getTable() + " " + t); }
                break;
            }
            case XID:
                buffer.setServerId(header.getServerId());
                flush(((XidEventData) event.getData()).getXid(), true);
                query = null;
                break;
            case QUERY: {
                QueryEventData data = event.getData();
                if (data.getSql().equals("BEGIN")) {
                    buffer.setServerId(header.getServerId());
                    buffer.setThreadId(data.getThreadId());
                } else if (data.getSql().equals("COMMIT")) {
                    flush(null, true);
                } else {
                    ddl(data, wrapped, header);
                }
                break;
            }
            default:
            }
        }
    }

    static void ddl(QueryEventData data, BinlogConnectorEvent event, EventHeaderV4 header) throws Exception {
        List<SchemaChange> changes;
        try { changes = SchemaChange.parse(data.getDatabase(), data.getSql()); }
        catch (Throwable t) { out.println("failed: " + t + ": " + data.getSql()); return; }
        if (changes == null) return;
        for (SchemaChange change : changes) {
            ResolvedSchemaChange resolved = change.resolve(schema);
            if (resolved == null) continue;
            resolved.apply(schema);
            DDLMap map = new DDLMap(resolved, header.getTimestamp(), data.getSql(), new Position(event.getPosition(), 0),
                new Position(event.getNextPosition(), 0), 1L);
            if (config.outputDDL) out.println("\t" + map.toJSON(config));
        }
    }
}
