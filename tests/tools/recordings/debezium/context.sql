-- with: extended.headers.enabled=true
-- run: defaults provide.transaction.metadata=true
-- run: schemas header.converter.schemas.enable=true
-- run: unwrapped transforms=unwrap transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState transforms.unwrap.replace.null.with.default=false transforms.unwrap.delete.tombstone.handling.mode=delete-to-tombstone transforms.unwrap.add.headers=op
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE one (id INT PRIMARY KEY, v VARCHAR(20) NOT NULL);
INSERT INTO one VALUES (1, 'a'), (2, 'b');
UPDATE one SET v = 'c' WHERE id = 1;
UPDATE one SET id = 3 WHERE id = 2;
DELETE FROM one;
