-- Binary JSON: every type of node, inlined and not, small and large containers, opaque values of other types.
CREATE TABLE documents (id INT PRIMARY KEY AUTO_INCREMENT, j JSON);
INSERT INTO documents (j) VALUES (NULL), ('null'), ('true'), ('false'), ('{}'), ('[]'), ('""'),
  ('0'), ('-1'), ('32767'), ('-32768'), ('32768'), ('65535'), ('65536'), ('2147483647'), ('-2147483648'), ('2147483648'),
  ('4294967296'), ('9223372036854775807'), ('-9223372036854775808'), ('9223372036854775808'), ('18446744073709551615'),
  ('18446744073709551616'), ('0.1'), ('-1.5e300'), ('1.0'), ('5e-324'), ('1e15'), ('1e16'), ('-0.0'),
  ('"text"'), ('"quote \\" back \\\\ slash \\/ tab \\t nul \\u0000 line \\n é ☃ 𝄞"'),
  (JSON_QUOTE(REPEAT('x', 127))), (JSON_QUOTE(REPEAT('x', 128))), (JSON_QUOTE(REPEAT('y', 300))),
  ('[1, "two", null, true, [3, [4, {"five": 5}]], {"a": {"b": {"c": []}}}]'),
  ('{"": 1, "a": 2, "aa": 3, "b": 4, "é": 5, "long key of more than a few characters": 6}'),
  ('{"b": 1, "a": 2, "b": 3}'), ('[65535, 65536, -32769, 4294967295, 1.25, ""]');
INSERT INTO documents (j) VALUES
  (CAST(CAST('123.4500' AS DECIMAL(10,4)) AS JSON)), (CAST(CAST('-0.001' AS DECIMAL(10,3)) AS JSON)),
  (CAST(DATE '2024-02-29' AS JSON)), (CAST(TIME '-12:34:56.789' AS JSON)), (CAST(TIME '838:59:59' AS JSON)),
  (CAST(TIMESTAMP '2024-02-29 12:34:56.000001' AS JSON)), (CAST(x'00ff80' AS JSON)), (CAST(b'101' AS JSON)),
  (CAST(ST_GeomFromText('POINT(1 2)') AS JSON)),
  (JSON_ARRAY(CAST(1.5 AS DECIMAL(3,1)), DATE '2024-01-01', x'01', NULL, TRUE, 18446744073709551615)),
  (JSON_OBJECT('d', CAST('99999999999999999999.5' AS DECIMAL(30,1)), 't', CAST('2024-01-01' AS DATETIME(6))));
-- Above 64 KB a container takes four-byte offsets; repetition keeps the compressed print small.
INSERT INTO documents (j) VALUES (JSON_OBJECT('big', REPEAT('z', 66000), 'small', 1));
UPDATE documents SET j = JSON_SET(j, '$.a', 'changed') WHERE JSON_TYPE(j) = 'OBJECT' AND id < 60 AND JSON_LENGTH(j) < 7 AND JSON_STORAGE_SIZE(j) < 1000;
DELETE FROM documents WHERE id IN (1, 2, 3);
