"""Apache Kafka: one broker or three, each a process that can be stopped, killed and paused by itself.

    with Kafka("events") as kafka:                        # one broker, no TLS
        kafka.create_topic("t", partitions=3)
    with Kafka("events", brokers=3, secure=True) as kafka:  # kafka.client() then speaks TLS, with a password
        kafka.broker(1).kill()

Passwords go as PLAIN, or as SCRAM-SHA-512 on request: librdkafka before 2.6.1, Debian 12's 2.0.2 among them, sends SCRAM's last message
with its nonce twice, which Kafka 4 refuses.
"""

import base64
import time
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from . import install, process, tls
from .server import Server, ServerError

USER, PASSWORD = "leat", "kafka-secret"
LOG4J = "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\nlog4j.appender.out.layout=org.apache.log4j.PatternLayout\n" \
        "log4j.appender.out.layout.ConversionPattern=%d %p %m (%c)%n\n"


def _java(*arguments, heap="512m"):
    return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *arguments]


class Broker(Server):
    """One broker, which is a controller too. Options: `cluster`, `node`, `voters`, `copies`, `secure`; others are Kafka's own."""

    kind = "kafka"
    more_ports = 2  # of its controller, and of TLS with passwords
    OWN = {"cluster", "node", "voters", "copies", "secure"}

    @property
    def controller_port(self):
        return self._state["more_ports"][0]

    @property
    def secure_port(self):
        return self._state["more_ports"][1]

    def set_up(self, **options):
        """Before the first start: what only the cluster knows."""
        self.options.update(options)
        self._state["options"] = self.options
        self._save()

    def _settings(self):
        given, at = self.options, "127.0.0.1"
        listeners = {"CONTROLLER": self.controller_port, "PLAINTEXT": self.port}
        if given["secure"]:
            listeners["SASL_SSL"] = self.secure_port
        shown = [f"{name}://{at}:{port}" for name, port in listeners.items()]
        settings = {
            "process.roles": "broker,controller", "node.id": given["node"], "controller.quorum.voters": given["voters"],
            "listeners": ",".join(shown), "advertised.listeners": ",".join(shown[1:]), "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT", "log.dirs": self.folder / "data", "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": given["copies"], "transaction.state.log.replication.factor": given["copies"],
            "transaction.state.log.min.isr": min(2, given["copies"]), "min.insync.replicas": min(2, given["copies"]),
            "default.replication.factor": given["copies"], "offsets.topic.num.partitions": 5, "transaction.state.log.num.partitions": 5,
            "group.initial.rebalance.delay.ms": 0, "broker.session.timeout.ms": 4000, "broker.heartbeat.interval.ms": 1000,
        }
        if given["secure"]:
            keys = tls.authority()
            pem = (keys / "server-key.pem").read_text(), (keys / "server-cert.pem").read_text()
            settings |= {
                "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL",
                "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN", "ssl.keystore.type": "PEM",
                "ssl.keystore.key": pem[0].strip().replace("\n", "\\n"), "ssl.keystore.certificate.chain": pem[1].strip().replace("\n", "\\n"),
                "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config":
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                "listener.name.sasl_ssl.plain.sasl.jaas.config":
                    f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
            }
        return settings | {key: value for key, value in given.items() if key not in self.OWN}

    def _tool(self, *arguments):
        return _java("-cp", f"{install.kafka_root()}/libs/*", f"-Dlog4j.configuration=file:{self.folder}/log4j.properties", *arguments)

    def _write_settings(self):
        (self.folder / "log4j.properties").write_text(LOG4J)
        path = self.folder / "server.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in self._settings().items()))
        return path

    def _prepare(self):
        scram = ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"] if self.options["secure"] else []
        process.output(self._tool("kafka.tools.StorageTool", "format", "-t", self.options["cluster"], "-c", self._write_settings(), *scram))

    def _argv(self):
        return self._tool("kafka.Kafka", self._write_settings())

    def _ready(self):
        raise NotImplementedError  # the cluster knows


class Kafka:
    """A cluster. Closed like a server: everything of it is gone afterwards."""

    def __init__(self, name, brokers=1, secure=False, keep=False, **options):
        self.secure = secure
        self.brokers = [Broker(f"{name}-{node}", keep) for node in range(1, brokers + 1)]
        cluster = "C" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]  # no option's dash in front
        voters = ",".join(f"{node}@127.0.0.1:{broker.controller_port}" for node, broker in enumerate(self.brokers, 1))
        for node, broker in enumerate(self.brokers, 1):
            broker.set_up(cluster=cluster, node=node, voters=voters, copies=min(3, brokers), secure=secure, **options)

    def broker(self, node):
        """By its number, from 1."""
        return self.brokers[node - 1]

    def start(self):
        for broker in self.brokers:
            broker.start(wait=False)
        self.wait_ready()
        return self

    def wait_ready(self, timeout_s=120):
        """Returns once every broker that runs is known to the others, and topics can be made."""
        deadline = time.monotonic() + timeout_s
        admin = self.admin(secure=False)
        while True:
            wanted = {broker.port for broker in self.brokers if broker.running}
            try:
                seen = {entry.port for entry in admin.list_topics(timeout=2).brokers.values()}
            except KafkaException:
                seen = set()
            if wanted and wanted <= seen:
                return
            if not wanted or time.monotonic() > deadline:
                raise ServerError("Kafka did not start:\n" + "\n".join(broker.log_tail(10) for broker in self.brokers))
            time.sleep(0.2)

    def destroy(self):
        for broker in self.brokers:
            broker.destroy()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.destroy()
            raise

    def __exit__(self, *exc):
        self.destroy()

    # Clients of it.

    def bootstrap(self, secure=None):
        secure = self.secure if secure is None else secure
        return ",".join(f"127.0.0.1:{broker.secure_port if secure else broker.port}" for broker in self.brokers)

    def client(self, secure=None, mechanism="PLAIN", **more):
        """Settings of librdkafka that reach this cluster: client(**{"group.id": "g"})."""
        secure = self.secure if secure is None else secure
        settings = {"bootstrap.servers": self.bootstrap(secure)}
        if secure:
            settings |= {"security.protocol": "SASL_SSL", "ssl.ca.location": str(tls.authority() / "ca.pem"),
                         "sasl.mechanism": mechanism, "sasl.username": USER, "sasl.password": PASSWORD}
        return settings | more

    def admin(self, secure=None):
        """To be kept while what it was asked for isn't there."""
        return AdminClient(self.client(secure, log_level=2))

    def create_topic(self, topic, partitions=1, **config):
        copies = min(3, len(self.brokers))
        admin = self.admin()
        made = admin.create_topics([NewTopic(topic, partitions, copies, config={k: str(v) for k, v in config.items()})])
        made[topic].result(60)

    def topics(self):
        """{name: number of partitions}, without Kafka's own."""
        found = self.admin().list_topics(timeout=10).topics
        return {name: len(topic.partitions) for name, topic in found.items() if not name.startswith("__")}

    def read(self, *topics, committed=True):
        """Every message that is there now, by topic and partition in order: confluent_kafka.Message. What an open transaction holds
        isn't there (unless `committed` is False)."""
        consumer = Consumer(self.client(**{"group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest", "enable.auto.commit": False,
                                           "enable.partition.eof": True,
                                           "isolation.level": "read_committed" if committed else "read_uncommitted"}))
        try:
            known = consumer.list_topics(timeout=10).topics
            left = {(topic, partition) for topic in topics for partition in known[topic].partitions}
            consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in left])
            found = []
            while left:
                message = consumer.poll(30)
                if message is None:
                    raise TimeoutError(f"Kafka gives nothing more; not at the end of {sorted(left)}")
                if not message.error():
                    found.append(message)
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    left.discard((message.topic(), message.partition()))
                else:
                    raise KafkaException(message.error())
            return sorted(found, key=lambda message: (message.topic(), message.partition(), message.offset()))
        finally:
            consumer.close()
