INSERT INTO idempotency_keys (world_id, owner, key, fingerprint, outcome, created_at, expires_at)
VALUES ('w', 'admin', 'k', '\x00', '{}', now(), now() + interval '1 day');
