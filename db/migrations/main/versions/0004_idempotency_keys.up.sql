-- What came of the changes that were asked for under a key, so that one that is sent again is not made again.
--
-- No foreign key to worlds, since some changes belong to no world: for these world_id is empty. The keys of a world go with
-- it all the same, or another world of its id would take its changes for made.
CREATE TABLE idempotency_keys (
    world_id VARCHAR(50) NOT NULL DEFAULT '',
    owner VARCHAR(100) NOT NULL,                      -- the viewer: keys of different viewers are different keys
    key VARCHAR(200) NOT NULL,
    fingerprint BYTEA NOT NULL,                       -- of the mutation and its input
    outcome JSONB,                                    -- null only while its transaction lasts
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (world_id, owner, key)
);

CREATE INDEX idx_idempotency_keys_expires ON idempotency_keys (expires_at);

CREATE FUNCTION worlds_removed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM idempotency_keys WHERE world_id IN (SELECT world_id FROM old_rows);
    RETURN NULL;
END
$$;

CREATE TRIGGER worlds_removed AFTER DELETE ON worlds
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION worlds_removed();
