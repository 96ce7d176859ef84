import io.debezium.embedded.Connect;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.spi.OffsetCommitPolicy;
import java.io.BufferedWriter;
import java.io.FileReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.Converter;

/**
 * Debezium's embedded engine, killed: it writes so many records (topic, key and value with tabs between, as JsonConverter writes them), keeps the offset of the
 * last of them, and is gone, as by kill -9, wherever in a transaction that is.
 *
 *     Mover PROPERTIES OUTPUT RECORDS
 */
public class Mover {
    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        try (FileReader in = new FileReader(arguments[0], StandardCharsets.UTF_8)) {
            properties.load(in);
        }
        Converter key = new JsonConverter(), value = new JsonConverter();
        key.configure(Map.of("schemas.enable", "false"), true);
        value.configure(Map.of("schemas.enable", "false"), false);
        BufferedWriter out = Files.newBufferedWriter(Path.of(arguments[1]), StandardCharsets.UTF_8);
        int[] left = {Integer.parseInt(arguments[2])};
        DebeziumEngine<ChangeEvent<SourceRecord, SourceRecord>> engine = DebeziumEngine.create(Connect.class).using(properties)
                .using(OffsetCommitPolicy.always())
                .using((success, message, error) -> {
                    System.err.println("Debezium ended: " + message + " " + error);
                    Runtime.getRuntime().halt(1);
                })
                .notifying((List<ChangeEvent<SourceRecord, SourceRecord>> records,
                            DebeziumEngine.RecordCommitter<ChangeEvent<SourceRecord, SourceRecord>> committer) -> {
                    try {
                        for (ChangeEvent<SourceRecord, SourceRecord> event : records) {
                            SourceRecord record = event.value();
                            out.append(record.topic()).append('\t')
                                    .append(new String(key.fromConnectData(record.topic(), record.keySchema(), record.key()), StandardCharsets.UTF_8)).append('\t')
                                    .append(new String(value.fromConnectData(record.topic(), record.valueSchema(), record.value()), StandardCharsets.UTF_8))
                                    .append('\n');
                            committer.markProcessed(event);
                            if (--left[0] == 0)
                                break;
                        }
                        committer.markBatchFinished();
                        out.flush();
                    } catch (Exception error) {
                        error.printStackTrace();
                        Runtime.getRuntime().halt(1);
                    }
                    if (left[0] == 0) {
                        try {
                            Thread.sleep(1500); // the file of offsets is written by a thread of its own
                        } catch (InterruptedException ignored) {
                        }
                        Runtime.getRuntime().halt(0);
                    }
                }).build();
        engine.run();
    }
}
