// What Canal's own classes make of a binlog file: each flat message as a JSON line, as its Kafka producer writes them.
// java CanalTruth FILE, read by record-peers.
import com.alibaba.fastjson2.JSON;
import com.alibaba.fastjson2.JSONWriter;
import com.alibaba.otter.canal.connector.core.producer.MQMessageUtils;
import com.alibaba.otter.canal.parse.driver.mysql.packets.server.ResultSetPacket;
import com.alibaba.otter.canal.parse.inbound.mysql.MysqlConnection;
import com.alibaba.otter.canal.parse.inbound.mysql.dbsync.LogEventConvert;
import com.alibaba.otter.canal.parse.inbound.mysql.dbsync.TableMetaCache;
import com.alibaba.otter.canal.parse.inbound.mysql.tsdb.MemoryTableMeta;
import com.alibaba.otter.canal.protocol.CanalEntry;
import com.alibaba.otter.canal.protocol.FlatMessage;
import com.alibaba.otter.canal.protocol.Message;
import com.alibaba.otter.canal.protocol.position.EntryPosition;
import com.taobao.tddl.dbsync.binlog.*;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;

public class CanalTruth {
    static final MemoryTableMeta tables = new MemoryTableMeta();

    /** It asks for variables that only one cloud's servers have. */
    static class Nowhere extends MysqlConnection {
        @Override public ResultSetPacket query(String command) { return new ResultSetPacket(); }
    }

    static class Definitions extends TableMetaCache {
        Definitions() { super(new Nowhere(), tables); }
        // MySQL marks FLOAT and DOUBLE as unsigned in its metadata, which is compared otherwise.
        @Override public boolean isOnTSDB() { return false; }
    }

    public static void main(String[] args) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        LogEventConvert convert = new LogEventConvert();
        convert.setCharset(StandardCharsets.UTF_8);
        convert.setTableMetaCache(new Definitions());
        convert.start();
        FileLogFetcher fetcher = new FileLogFetcher(1 << 20);
        fetcher.open(new File(args[0]));
        LogDecoder decoder = new LogDecoder(LogEvent.UNKNOWN_EVENT, LogEvent.ENUM_END_EVENT);
        LogContext context = new LogContext();
        context.setLogPosition(new LogPosition(new File(args[0]).getName()));
        ThreadPoolExecutor pool = (ThreadPoolExecutor) Executors.newFixedThreadPool(1);
        while (fetcher.fetch()) {
            LogEvent event = decoder.decode(fetcher, context);
            if (event == null) continue;
            try {
                CanalEntry.Entry entry = convert.parse(event, false);
                if (entry == null || entry.getEntryType() != CanalEntry.EntryType.ROWDATA) continue;
                Message message = new Message(1, new ArrayList<>(Collections.singletonList(entry)));
                for (FlatMessage flat : MQMessageUtils.messageConverter(MQMessageUtils.buildMessageData(message, pool), 1)) {
                    flat.setTs(0L);
                    out.println(JSON.toJSONString(flat, JSONWriter.Feature.WriteNulls));
                }
            } catch (Throwable t) {
                for (Throwable c = t; c != null; c = c.getCause()) out.println("failed: " + c);
            }
        }
        pool.shutdown();
    }
}
