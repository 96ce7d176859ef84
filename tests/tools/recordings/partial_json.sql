-- options: binlog_row_value_options=PARTIAL_JSON
-- Updates that log only what changed within a document, beside others that log all.
CREATE TABLE t (id INT PRIMARY KEY, j JSON, k JSON, note VARCHAR(20));
INSERT INTO t VALUES
  (1, JSON_OBJECT('a', 1, 'b', REPEAT('x', 200), 'c', JSON_ARRAY(1, 2, 3), 'd', JSON_OBJECT('e', 'deep')), '[1, 2, 3]', 'n'),
  (2, JSON_OBJECT('a', 1, 'b', REPEAT('y', 200)), NULL, NULL);
UPDATE t SET j = JSON_SET(j, '$.a', 2) WHERE id = 1;
UPDATE t SET j = JSON_REPLACE(j, '$.c[1]', 'two', '$.d.e', NULL), note = 'both' WHERE id = 1;
UPDATE t SET j = JSON_REMOVE(j, '$.a'), k = JSON_SET(k, '$[0]', 9.5) WHERE id = 1;
UPDATE t SET j = JSON_SET(j, '$.new', CAST('[{"x": 1}]' AS JSON)) WHERE id = 1;
UPDATE t SET j = JSON_SET(j, '$.b', 'short');
UPDATE t SET j = '{"replaced": true}' WHERE id = 2;
UPDATE t SET j = JSON_SET(j, '$.replaced', FALSE), k = '{}' WHERE id = 2;
UPDATE t SET note = 'no document' WHERE id = 1;
UPDATE t SET j = JSON_SET(j, '$."odd \\"key"', 1, '$.list', JSON_ARRAY()) WHERE id = 2;
SET binlog_row_image=MINIMAL;
UPDATE t SET j = JSON_SET(j, '$.replaced', DATE '2024-02-29') WHERE id = 2;
DELETE FROM t;
