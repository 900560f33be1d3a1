-- Citus is there, and keeps the triggers: each runs on the shard of its own world, and touches that world alone.
DO $$
BEGIN
    IF current_setting('citus.enable_unsafe_triggers', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'citus.enable_unsafe_triggers is not on';
    END IF;
END
$$;
