import io.debezium.embedded.Connect;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import java.io.BufferedWriter;
import java.io.FileReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.HeaderConverter;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;

/**
 * Debezium's embedded engine, and behind it the converters of a Kafka Connect worker: what a topic would hold, one JSON line a record.
 *
 *     Recorder IDLE_SECONDS PROPERTIES OUTPUT [PROPERTIES OUTPUT]...
 *
 * Each pair is one run, one after the other. A line has topic, partition (null: the producer chooses), key, value and headers; key, value
 * and the headers' values are strings that hold what the converter wrote, or null; timestamp, if the record has one. A header has two: as JsonConverter writes it and as
 * SimpleHeaderConverter does, which is Connect's default. A run ends with the first record of a topic that ends in ".leat_lab.marker",
 * which is still written; or after so many seconds without a record, which is an error unless IDLE_SECONDS is negative.
 */
public class Recorder {
    private static final String MARKER = ".leat_lab.marker";

    private final Properties properties = new Properties();
    private final Converter key;
    private final Converter value;
    private final HeaderConverter jsonHeader = new JsonConverter();
    private final HeaderConverter simpleHeader = new SimpleHeaderConverter();
    private final AtomicLong last = new AtomicLong(System.nanoTime());
    private final CountDownLatch marked = new CountDownLatch(1);
    private final AtomicReference<String> failure = new AtomicReference<>();
    private final BufferedWriter out;

    private Recorder(String propertiesFile, String output) throws Exception {
        try (FileReader in = new FileReader(propertiesFile, StandardCharsets.UTF_8)) {
            properties.load(in);
        }
        key = converter("key.converter");
        value = converter("value.converter");
        key.configure(under("key.converter."), true);
        value.configure(under("value.converter."), false);
        Map<String, Object> header = under("header.converter.");
        header.put("converter.type", "header");
        jsonHeader.configure(header);
        simpleHeader.configure(Map.of());
        out = Files.newBufferedWriter(Path.of(output), StandardCharsets.UTF_8);
    }

    private Converter converter(String name) throws Exception {
        return (Converter) Class.forName(properties.getProperty(name, JsonConverter.class.getName())).getDeclaredConstructor().newInstance();
    }

    private Map<String, Object> under(String prefix) {
        Map<String, Object> found = new HashMap<>();
        for (String name : properties.stringPropertyNames())
            if (name.startsWith(prefix))
                found.put(name.substring(prefix.length()), properties.getProperty(name));
        return found;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    private static void quote(StringBuilder line, String text) {
        if (text == null) {
            line.append("null");
            return;
        }
        line.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\')
                line.append('\\').append(c);
            else if (c < ' ')
                line.append(String.format("\\u%04x", (int) c));
            else
                line.append(c);
        }
        line.append('"');
    }

    private void write(SourceRecord record) throws Exception {
        StringBuilder line = new StringBuilder("{\"topic\":");
        quote(line, record.topic());
        line.append(",\"partition\":").append(record.kafkaPartition()).append(",\"key\":");
        quote(line, text(key.fromConnectData(record.topic(), record.keySchema(), record.key())));
        line.append(",\"value\":");
        quote(line, text(value.fromConnectData(record.topic(), record.valueSchema(), record.value())));
        line.append(",\"headers\":[");
        String between = "";
        for (Header header : record.headers()) {
            line.append(between).append("{\"name\":");
            between = ",";
            quote(line, header.key());
            line.append(",\"json\":");
            quote(line, text(jsonHeader.fromConnectHeader(record.topic(), header.key(), header.schema(), header.value())));
            line.append(",\"simple\":");
            quote(line, text(simpleHeader.fromConnectHeader(record.topic(), header.key(), header.schema(), header.value())));
            line.append('}');
        }
        line.append(']');
        if (record.timestamp() != null)
            line.append(",\"timestamp\":").append(record.timestamp());
        out.append(line).append("}\n");
    }

    private void take(ChangeEvent<SourceRecord, SourceRecord> event) {
        if (marked.getCount() == 0)
            return;
        last.set(System.nanoTime());
        try {
            write(event.value());
            if (event.value().topic().endsWith(MARKER))
                marked.countDown();
        } catch (Exception error) {
            failure.compareAndSet(null, "a record can't be written: " + error);
            marked.countDown();
        }
    }

    private void run(long idleSeconds) throws Exception {
        long most = TimeUnit.SECONDS.toNanos(Math.abs(idleSeconds));
        ExecutorService executor = Executors.newSingleThreadExecutor();
        DebeziumEngine<ChangeEvent<SourceRecord, SourceRecord>> engine = DebeziumEngine.create(Connect.class).using(properties)
                .notifying(this::take)
                .using((success, message, error) -> {
                    if (!success)
                        failure.compareAndSet(null, message + (error == null ? "" : ": " + error));
                    marked.countDown();
                }).build();
        executor.execute(engine);
        while (!marked.await(100, TimeUnit.MILLISECONDS)) {
            if (System.nanoTime() - last.get() < most)
                continue;
            if (idleSeconds > 0)
                failure.compareAndSet(null, "no record for " + idleSeconds + " seconds");
            break;
        }
        try {
            engine.close();
        } catch (IllegalStateException ended) { // by itself
            failure.compareAndSet(null, ended.getMessage());
        }
        executor.shutdown();
        executor.awaitTermination(30, TimeUnit.SECONDS);
        out.close();
        if (failure.get() != null)
            throw new IllegalStateException(failure.get());
    }

    public static void main(String[] arguments) {
        int status = 0;
        for (int i = 1; i + 1 < arguments.length; i += 2) {
            try {
                new Recorder(arguments[i], arguments[i + 1]).run(Long.parseLong(arguments[0]));
            } catch (Exception error) {
                System.err.println("RUN FAILED " + arguments[i] + ": " + error);
                status = 1;
            }
        }
        System.exit(status);
    }
}
