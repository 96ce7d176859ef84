-- with: transforms=outbox transforms.outbox.type=io.debezium.transforms.outbox.EventRouter predicates=chosen predicates.chosen.type=org.apache.kafka.connect.transforms.predicates.TopicNameMatches transforms.outbox.predicate=chosen value.converter.replace.null.with.default=false
-- run: defaults predicates.chosen.pattern=leat\.shop\.outbox
-- run: schemas predicates.chosen.pattern=leat\.shop\.outbox key.converter.schemas.enable=true value.converter.schemas.enable=true header.converter.schemas.enable=true
-- run: strings predicates.chosen.pattern=leat\.shop\.outbox key.converter=org.apache.kafka.connect.storage.StringConverter value.converter=org.apache.kafka.connect.storage.StringConverter
-- run: expanded predicates.chosen.pattern=leat\.shop\.outbox transforms.outbox.table.expand.json.payload=true transforms.outbox.route.tombstone.on.empty.payload=true
-- run: expanded_with_schemas predicates.chosen.pattern=leat\.shop\.outbox transforms.outbox.table.expand.json.payload=true value.converter.schemas.enable=true
-- run: expanded_with_nulls predicates.chosen.pattern=leat\.shop\.nulls transforms.outbox.table.expand.json.payload=true transforms.outbox.table.json.payload.null.behavior=optional_bytes
-- run: expanded_with_nulls_and_schemas predicates.chosen.pattern=leat\.shop\.nulls transforms.outbox.table.expand.json.payload=true transforms.outbox.table.json.payload.null.behavior=optional_bytes value.converter.schemas.enable=true
-- run: envelope predicates.chosen.pattern=leat\.shop\.outbox transforms.outbox.table.fields.additional.placement=type:envelope,aggregatetype:envelope:kind,aggregateid:header:aggregate
-- run: envelope_with_schemas predicates.chosen.pattern=leat\.shop\.outbox transforms.outbox.table.fields.additional.placement=type:envelope,aggregatetype:envelope:kind,aggregateid:header:aggregate value.converter.schemas.enable=true
-- run: envelope_expanded predicates.chosen.pattern=leat\.shop\.outbox transforms.outbox.table.fields.additional.placement=type:envelope transforms.outbox.table.expand.json.payload=true value.converter.schemas.enable=true
-- run: own predicates.chosen.pattern=leat\.shop\.events transforms.outbox.table.field.event.id=event_id transforms.outbox.table.field.event.key=customer transforms.outbox.table.field.event.payload=body transforms.outbox.table.field.event.timestamp=at transforms.outbox.route.by.field=kind transforms.outbox.route.topic.regex=(?<area>[a-z]+)-(.*) transforms.outbox.route.topic.replacement=${area}.events.$2 transforms.outbox.table.fields.additional.placement=part:partition,price:header,made:header:when,state:header,flag:header,tags:header,doc:header,raw:header,bits:header,big:header,y:header,f:header,dd:header
-- run: own_with_schemas predicates.chosen.pattern=leat\.shop\.events transforms.outbox.table.field.event.id=event_id transforms.outbox.table.field.event.key=customer transforms.outbox.table.field.event.payload=body transforms.outbox.table.field.event.timestamp=at transforms.outbox.route.by.field=kind transforms.outbox.table.field.event.schema.version=version transforms.outbox.table.fields.additional.placement=price:envelope,made:envelope:when,state:header,bits:header,missing:header,gone:envelope transforms.outbox.table.field.additional.missing=ignore key.converter.schemas.enable=true value.converter.schemas.enable=true header.converter.schemas.enable=true
-- run: versions predicates.chosen.pattern=leat\.shop\.events transforms.outbox.table.field.event.id=event_id transforms.outbox.table.field.event.key=customer transforms.outbox.table.field.event.payload=body transforms.outbox.route.by.field=kind transforms.outbox.table.field.event.schema.version=version
-- run: keyless predicates.chosen.pattern=leat\.shop\.texts transforms.outbox.table.expand.json.payload=true transforms.outbox.table.fields.additional.placement=n:header
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE outbox (id CHAR(36) NOT NULL PRIMARY KEY, aggregatetype VARCHAR(255) NOT NULL, aggregateid VARCHAR(255) NOT NULL, type VARCHAR(255) NOT NULL, payload JSON);
CREATE TABLE nulls (id INT NOT NULL PRIMARY KEY, aggregatetype VARCHAR(255) NOT NULL, aggregateid BIGINT NOT NULL, type VARCHAR(255), payload JSON);
CREATE TABLE texts (id BIGINT NOT NULL PRIMARY KEY, aggregatetype VARCHAR(255) NOT NULL, aggregateid BIGINT, type VARCHAR(255), payload TEXT, n INT);
CREATE TABLE events (event_id INT NOT NULL PRIMARY KEY, kind VARCHAR(40) NOT NULL, customer INT NOT NULL, body VARBINARY(200), at DATETIME(6), part INT NOT NULL, version INT NOT NULL, price DECIMAL(8,2), made DATE, state ENUM('new','paid'), flag BIT(1), tags SET('a','b'), doc JSON, raw VARBINARY(10), bits BIT(9), big BIGINT, y YEAR, f FLOAT, dd DOUBLE);
CREATE TABLE other (id INT PRIMARY KEY, v INT);

INSERT INTO outbox VALUES ('e0000000-0000-0000-0000-000000000001', 'order', '7', 'created', '{"id": 7, "item": "tea \\"green\\"", "price": 1.5, "big": 12345678901, "ok": true, "none": null, "list": [1, 2], "rows": [{"a": 1}, {"b": "x", "a": 2}], "in": {"x": null, "y": {}}, "empty": [], "é€": "😀"}');
INSERT INTO outbox VALUES ('e0000000-0000-0000-0000-000000000002', 'order', '7', 'paid', NULL);
INSERT INTO outbox VALUES ('e0000000-0000-0000-0000-000000000003', 'customer/eu', '8', 'moved', '{"n": 1}'), ('e0000000-0000-0000-0000-000000000004', 'customer', '', '', '"a text"');
INSERT INTO outbox VALUES ('e0000000-0000-0000-0000-000000000005', 'order', '9', 'x', '{"mixed": [1, "a"]}'), ('e0000000-0000-0000-0000-000000000006', 'order', '9', 'x', '{"rows": [{"a": 1, "n": null}, {"a": 2, "c": [true, false]}]}'), ('e0000000-0000-0000-0000-000000000007', 'order', '9', 'x', '{"f": 1e300, "z": 0.1, "neg": -5, "t": [[1], [2]], "nn": [null, null], "n1": [null, 1]}');
INSERT INTO outbox VALUES ('e0000000-0000-0000-0000-000000000008', 'order', '9', 'x', '{}'), ('e0000000-0000-0000-0000-000000000009', 'order', '9', 'x', '5');
DELETE FROM outbox;
INSERT INTO texts VALUES (1, 'plain', 5, 't', '{"a": 1, "b": "x"}', 1), (2, 'plain', NULL, NULL, 'no json', NULL), (3, 'plain', 6, 't', '', 3), (4, 'plain', 6, 't', NULL, 4), (5, 'plain', 6, 't', ' {"a": 1}', 5), (6, 'plain', 6, 't', '{"a": 1} x', 6), (7, 'plain', 6, 't', '{"a": 1.0, "b": 1e2, "c": 1.10, "a": 2}', 7), (8, 'plain', 6, 't', '{bad', 8), (9, 'plain', 6, 't', '   ', 9);
INSERT INTO nulls VALUES (1, 'n', 1, 't', '{"a": null, "b": 1}'), (2, 'n', 1, 't', '{"in": {"x": null}, "list": [null, 1], "rows": [{"a": null}, {"a": null, "b": 2}]}'), (3, 'n', 1, 't', NULL);
INSERT INTO events VALUES (1, 'shop-orders', 7, 'bytes', '2026-01-02 03:04:05.678901', 2, 3, 1.50, '2026-01-02', 'paid', b'1', 'a,b', '{"x": 1}', x'00ff', b'101010101', 5000000000, 2026, 0.5, 1e100);
INSERT INTO events VALUES (2, 'other', 8, NULL, NULL, 0, 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO other VALUES (1, 1);
UPDATE other SET v = 2;
DELETE FROM other;
