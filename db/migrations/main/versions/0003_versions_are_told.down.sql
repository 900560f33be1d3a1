CREATE OR REPLACE FUNCTION touch_world(world VARCHAR) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    mine CONSTANT XID8 := pg_current_xact_id();
    moved BIGINT;
BEGIN
    UPDATE worlds SET version = version + 1, touched_by = mine
     WHERE world_id = world AND touched_by IS DISTINCT FROM mine
    RETURNING version INTO moved;
    RETURN coalesce(moved, (SELECT version FROM worlds WHERE world_id = world));
END
$$;
