"""Apache Kafka: one broker or three, each a process that can be stopped, killed and paused by itself.

    with Kafka("events") as kafka:                        # one broker, no TLS
        kafka.create_topic("t", partitions=3)
    with Kafka("events", brokers=3, secure=True) as kafka:  # kafka.client() then speaks TLS, with a password
        kafka.broker(1).kill()
    with Kafka("events", brokers=3, proxied=True) as kafka:  # kafka.client(proxied=True) meets the brokers behind kafka.proxies
        kafka.proxies[0].cut()

Passwords go as PLAIN, or as SCRAM-SHA-512 on request: librdkafka before 2.6.1, Debian 12's 2.0.2 among them, sends SCRAM's last message
with its nonce twice, which Kafka 4 refuses.
"""

import base64
import json
import time
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from . import install, process, tls
from .proxy import Proxy
from .server import Server, ServerError

USER, PASSWORD = "leat", "kafka-secret"
QUICK_LEADERS = {"leader.imbalance.check.interval.seconds": 1, "leader.imbalance.per.broker.percentage": 0}
LOG4J = "log4j.rootLogger=WARN, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\nlog4j.appender.out.layout=org.apache.log4j.PatternLayout\n" \
        "log4j.appender.out.layout.ConversionPattern=%d %p %m (%c)%n\n"


# What starts soonest, for tests; a bench gives what Kafka's own scripts do: Kafka(name, java=[...]).
JAVA = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]


class Broker(Server):
    """One broker, which is a controller too. Options: `cluster`, `node`, `voters`, `copies`, `secure`, `proxy_port` (what clients behind the proxy are
    told to connect to; 0: there is none), `java` (options of the JVM); others are Kafka's own."""

    kind = "kafka"
    more_ports = 4  # of its controller, of TLS with passwords, of the listener behind a proxy, and of TLS with an expired certificate
    OWN = {"cluster", "node", "voters", "copies", "secure", "proxy_port", "java"}

    @property
    def controller_port(self):
        return self._state["more_ports"][0]

    @property
    def secure_port(self):
        return self._state["more_ports"][1]

    @property
    def proxied_port(self):
        return self._state["more_ports"][2]

    @property
    def expired_port(self):
        return self._state["more_ports"][3]

    def set_up(self, **options):
        """Before the first start: what only the cluster knows."""
        self.options.update(options)
        self._state["options"] = self.options
        self._save()

    def _settings(self):
        given, at = self.options, "127.0.0.1"
        listeners = {"CONTROLLER": self.controller_port, "PLAINTEXT": self.port}
        if given["secure"]:
            listeners |= {"SASL_SSL": self.secure_port, "EXPIRED": self.expired_port}
        shown = dict(listeners)
        del shown["CONTROLLER"]
        if given["proxy_port"]:
            listeners["PROXIED"], shown["PROXIED"] = self.proxied_port, given["proxy_port"]
        listen, advertise = (",".join(f"{name}://{at}:{port}" for name, port in which.items()) for which in (listeners, shown))
        settings = {
            "process.roles": "broker,controller", "node.id": given["node"], "controller.quorum.voters": given["voters"],
            "listeners": listen, "advertised.listeners": advertise, "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,SASL_SSL:SASL_SSL,EXPIRED:SSL",
            "inter.broker.listener.name": "PLAINTEXT", "log.dirs": self.folder / "data", "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": given["copies"], "transaction.state.log.replication.factor": given["copies"],
            "transaction.state.log.min.isr": min(2, given["copies"]), "min.insync.replicas": min(2, given["copies"]),
            "default.replication.factor": given["copies"], "offsets.topic.num.partitions": 5, "transaction.state.log.num.partitions": 5,
            "group.initial.rebalance.delay.ms": 0, "broker.session.timeout.ms": 4000, "broker.heartbeat.interval.ms": 1000,
        }
        if given["secure"]:
            settings |= self._keystore("", tls.authority()) | self._keystore("listener.name.expired.", tls.expired()) | {
                "sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
                "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config":
                    "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                "listener.name.sasl_ssl.plain.sasl.jaas.config":
                    f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
            }
        return settings | {key: value for key, value in given.items() if key not in self.OWN}

    @staticmethod
    def _keystore(prefix, keys):
        pem = ((keys / name).read_text().strip().replace("\n", "\\n") for name in ("server-key.pem", "server-cert.pem"))
        return dict(zip((prefix + "ssl.keystore.key", prefix + "ssl.keystore.certificate.chain"), pem)) | {prefix + "ssl.keystore.type": "PEM"}

    def tool(self, *arguments):
        """The command line of one of Kafka's own tools: its class and arguments."""
        return ["java", *self.options.get("java", JAVA), "-cp", f"{install.kafka_root()}/libs/*", f"-Dlog4j.configuration=file:{self.folder}/log4j.properties",
                *arguments]

    def _write_settings(self):
        (self.folder / "log4j.properties").write_text(LOG4J)
        path = self.folder / "server.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in self._settings().items()))
        return path

    def _prepare(self):
        scram = ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"] if self.options["secure"] else []
        process.output(self.tool("kafka.tools.StorageTool", "format", "-t", self.options["cluster"], "-c", self._write_settings(), *scram))

    def _argv(self):
        return self.tool("kafka.Kafka", self._write_settings())

    def _ready(self):
        raise NotImplementedError  # the cluster knows


class Kafka:
    """A cluster. Closed like a server: everything of it is gone afterwards."""

    def __init__(self, name, brokers=1, secure=False, keep=False, proxied=False, **options):
        self.secure = secure
        self.proxies = []  # one before each broker, for clients that come by them
        self.brokers = [Broker(f"{name}-{node}", keep) for node in range(1, brokers + 1)]
        cluster = "C" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]  # no option's dash in front
        voters = ",".join(f"{node}@127.0.0.1:{broker.controller_port}" for node, broker in enumerate(self.brokers, 1))
        for node, broker in enumerate(self.brokers, 1):
            if proxied:
                self.proxies.append(Proxy(broker.proxied_port))
            broker.set_up(cluster=cluster, node=node, voters=voters, copies=min(3, brokers), secure=secure,
                          proxy_port=self.proxies[-1].port if proxied else 0, **options)

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
        wanted = {broker.port for broker in self.brokers if broker.running}
        # One after another: a broker that was killed is known to the others for some seconds, as if it were still there.
        for port in wanted:
            admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 2})
            while not wanted <= self._seen(admin):
                if time.monotonic() > deadline:
                    raise ServerError("Kafka did not start:\n" + "\n".join(broker.log_tail(10) for broker in self.brokers))
                time.sleep(0.2)

    @staticmethod
    def _seen(admin):
        try:
            return {entry.port for entry in admin.list_topics(timeout=2).brokers.values()}
        except KafkaException:
            return set()

    def destroy(self):
        for broker in self.brokers:
            broker.destroy()
        for proxy in self.proxies:
            proxy.close()

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

    def client(self, secure=None, mechanism="PLAIN", proxied=False, **more):
        """Settings of librdkafka that reach this cluster: client(**{"group.id": "g"})."""
        secure = self.secure if secure is None else secure
        settings = {"bootstrap.servers": ",".join(f"127.0.0.1:{proxy.port}" for proxy in self.proxies) if proxied else self.bootstrap(secure)}
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

    def leader(self, topic, partition=0):
        """The number of the broker that leads it; None while none does."""
        found = self.admin(secure=False).list_topics(topic, timeout=10).topics[topic].partitions
        leader = found[partition].leader if partition in found else -1
        return leader if leader > 0 else None

    def move_leaders(self, order):
        """Makes order[i % 3] of three brokers the preferred leader of every topic's partition i, of Kafka's own topics too, so that coordinators move;
        the controller makes them leaders (QUICK_LEADERS: within a second or two)."""
        topics = self.admin(secure=False).list_topics(timeout=10).topics
        plan = {"version": 1, "partitions": [{"topic": name, "partition": number,
                                              "replicas": [order[(number + at) % len(order)] for at in range(len(order))]}
                                             for name, topic in topics.items() for number in topic.partitions]}
        path = self.brokers[0].folder / "reassign.json"
        path.write_text(json.dumps(plan))
        process.output(self.brokers[0].tool("org.apache.kafka.tools.reassign.ReassignPartitionsCommand", "--bootstrap-server", self.bootstrap(secure=False),
                                            "--reassignment-json-file", path, "--execute", "--additional"))

    def topics(self):
        """{name: number of partitions}, without Kafka's own."""
        found = self.admin().list_topics(timeout=10).topics
        return {name: len(topic.partitions) for name, topic in found.items() if not name.startswith("__")}

    def read(self, *topics, committed=True):
        """Every message that is there now, by topic and partition in order: confluent_kafka.Message. What an open transaction holds
        isn't there (unless `committed` is False)."""
        return sorted(self.each(*topics, committed=committed), key=lambda message: (message.topic(), message.partition(), message.offset()))

    def each(self, *topics, committed=True):
        """The same as they come: each partition's in order."""
        consumer = Consumer(self.client(**{"group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest", "enable.auto.commit": False,
                                           "enable.partition.eof": True,
                                           "isolation.level": "read_committed" if committed else "read_uncommitted"}))
        try:
            known = consumer.list_topics(timeout=10).topics
            left = {(topic, partition) for topic in topics for partition in known[topic].partitions}
            consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in left])
            while left:
                message = consumer.poll(30)
                if message is None:
                    raise TimeoutError(f"Kafka gives nothing more; not at the end of {sorted(left)}")
                if not message.error():
                    yield message
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    left.discard((message.topic(), message.partition()))
                else:
                    raise KafkaException(message.error())
        finally:
            consumer.close()
