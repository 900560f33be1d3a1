-- Moves the version of a world, once in a transaction however often it is called, and tells it to whoever listens:
-- `LISTEN entente_versions` hears `<version> <world_id>`, once for each transaction, in the order of the commits.
CREATE OR REPLACE FUNCTION touch_world(world VARCHAR) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    mine CONSTANT XID8 := pg_current_xact_id();
    moved BIGINT;
BEGIN
    UPDATE worlds SET version = version + 1, touched_by = mine
     WHERE world_id = world AND touched_by IS DISTINCT FROM mine
    RETURNING version INTO moved;
    IF moved IS NOT NULL THEN
        PERFORM pg_notify('entente_versions', moved || ' ' || world);
    END IF;
    RETURN coalesce(moved, (SELECT version FROM worlds WHERE world_id = world));
END
$$;
