DROP TRIGGER worlds_removed ON worlds;
DROP FUNCTION worlds_removed;
DROP TABLE idempotency_keys;
