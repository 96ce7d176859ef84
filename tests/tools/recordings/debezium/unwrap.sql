-- with: transforms=unwrap transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState transforms.unwrap.replace.null.with.default=false value.converter.replace.null.with.default=false
-- run: defaults
-- run: schemas key.converter.schemas.enable=true value.converter.schemas.enable=true header.converter.schemas.enable=true
-- run: drop transforms.unwrap.delete.tombstone.handling.mode=drop
-- run: rewrite transforms.unwrap.delete.tombstone.handling.mode=rewrite
-- run: rewrite_with_tombstone transforms.unwrap.delete.tombstone.handling.mode=rewrite-with-tombstone transforms.unwrap.add.headers=op,source.pos
-- run: rewrite_with_schemas transforms.unwrap.delete.tombstone.handling.mode=rewrite transforms.unwrap.add.fields=op,table value.converter.schemas.enable=true
-- run: delete_to_tombstone transforms.unwrap.delete.tombstone.handling.mode=delete-to-tombstone transforms.unwrap.add.headers=op
-- run: delete_to_tombstone_with_schemas transforms.unwrap.delete.tombstone.handling.mode=delete-to-tombstone value.converter.schemas.enable=true
-- run: fields transforms.unwrap.add.fields=op,table,source.ts_ms,ts_us:when,db,source.row,gtid,source.thread,version,connector,name,snapshot,sequence,query,file,pos,server_id,source.ts_ns,id
-- run: fields_with_schemas transforms.unwrap.add.fields=op,table,source.ts_ms,ts_ms:when,db,source.row,gtid,source.thread,version,snapshot,sequence,query,file,pos,server_id,source.ts_ns,id,total_order transforms.unwrap.add.fields.prefix=meta_ value.converter.schemas.enable=true
-- run: headers transforms.unwrap.add.headers=op,table,source.ts_ms,db:database,row,gtid,source.thread,transaction.id,snapshot
-- run: headers_with_schemas transforms.unwrap.add.headers=op,source.ts_ms,db:database,row,gtid,thread,snapshot transforms.unwrap.add.headers.prefix=x- header.converter.schemas.enable=true
-- run: transactions provide.transaction.metadata=true transforms.unwrap.add.fields=id,total_order,transaction.data_collection_order transforms.unwrap.add.headers=transaction.id,total_order
-- run: route transforms.unwrap.route.by.field=v predicates=one predicates.one.type=org.apache.kafka.connect.transforms.predicates.TopicNameMatches predicates.one.pattern=leat\.shop\.one transforms.unwrap.predicate=one
-- run: nothing_skipped skipped.operations=none tombstones.on.delete=false transforms.unwrap.add.headers=op
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE one (id INT PRIMARY KEY, v VARCHAR(20) NOT NULL);
CREATE TABLE keyless (a INT, b VARCHAR(10));
CREATE TABLE several (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, price DECIMAL(8,2) DEFAULT 1.50, state ENUM('new','paid') NOT NULL DEFAULT 'new', at DATETIME(3), t TIMESTAMP(6) NULL, bits BIT(10), flag BIT(1), doc JSON, raw VARBINARY(20), txt TEXT, f FLOAT, d DOUBLE, y YEAR);

INSERT INTO one VALUES (1, 'a');
INSERT INTO one VALUES (2, 'b'), (3, 'c');
UPDATE one SET v = 'all';
UPDATE one SET id = 11 WHERE id = 1;
DELETE FROM one WHERE id IN (11, 2);
INSERT INTO keyless VALUES (1, 'x'), (NULL, NULL);
UPDATE keyless SET b = 'y' WHERE a = 1;
DELETE FROM keyless;
INSERT INTO several (at, t, bits, flag, doc, raw, txt, f, d, y) VALUES ('2026-01-02 03:04:05.678', '2026-01-02 03:04:05.678901', b'1010101010', b'1', '{"a": [1, 2], "b": null}', x'00ff', 'text "q" é €', 0.5, 1e100, 2026);
INSERT INTO several (price, state) VALUES (NULL, 'paid');
BEGIN;
UPDATE several SET price = 99.99, doc = '[]' WHERE id = 1;
DELETE FROM several WHERE id = 2;
INSERT INTO one VALUES (4, 'in it'), (5, 'too');
DELETE FROM one WHERE id = 4;
COMMIT;
ALTER TABLE one ADD COLUMN more INT DEFAULT 7;
INSERT INTO one VALUES (6, 'after', NULL);
TRUNCATE TABLE keyless;
