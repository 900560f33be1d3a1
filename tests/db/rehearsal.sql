-- Stands in for Citus: the functions that distribute tables, which refuse what Citus is known to refuse.

CREATE TABLE rehearsed (tbl REGCLASS PRIMARY KEY, kind TEXT NOT NULL);
CREATE TABLE rehearsed_functions (name REGPROCEDURE PRIMARY KEY);

CREATE FUNCTION refuse_what_citus_refuses(t REGCLASS) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    bad TEXT;
BEGIN
    SELECT string_agg(conname, ', ') INTO bad FROM pg_constraint
     WHERE conrelid = t AND contype = 'f' AND confrelid <> t AND confrelid NOT IN (SELECT tbl FROM rehearsed);
    IF bad IS NOT NULL THEN RAISE EXCEPTION '% points to a table that is not distributed: %', t, bad; END IF;

    SELECT string_agg(attname, ', ') INTO bad FROM pg_attribute
     WHERE attrelid = t AND attidentity <> '' AND atttypid <> 'bigint'::regtype;
    IF bad IS NOT NULL THEN RAISE EXCEPTION '% has an identity that is no bigint: %', t, bad; END IF;
END
$$;

CREATE FUNCTION create_reference_table(t REGCLASS) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    bad TEXT;
BEGIN
    PERFORM refuse_what_citus_refuses(t);
    SELECT string_agg(conname, ', ') INTO bad FROM pg_constraint JOIN rehearsed ON tbl = confrelid
     WHERE conrelid = t AND contype = 'f' AND kind = 'distributed';
    IF bad IS NOT NULL THEN RAISE EXCEPTION 'reference table % points to a distributed one: %', t, bad; END IF;
    INSERT INTO rehearsed VALUES (t, 'reference');
END
$$;

CREATE FUNCTION create_distributed_table(t REGCLASS, by_column TEXT, colocate_with TEXT DEFAULT 'default')
RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    spot CONSTANT SMALLINT := (SELECT attnum FROM pg_attribute WHERE attrelid = t AND attname = by_column AND attnotnull);
    bad TEXT;
BEGIN
    IF spot IS NULL THEN RAISE EXCEPTION '% has no % that is never null', t, by_column; END IF;
    PERFORM refuse_what_citus_refuses(t);

    SELECT string_agg(indexrelid::regclass::text, ', ') INTO bad FROM pg_index
     WHERE indrelid = t AND (indisunique OR indisexclusion) AND NOT spot = ANY (indkey::smallint[]);
    IF bad IS NOT NULL THEN RAISE EXCEPTION '% has keys without %: %', t, by_column, bad; END IF;

    -- Between tables that are distributed, the column must stand in the same place on both sides of a key.
    SELECT string_agg(c.conname, ', ') INTO bad
      FROM pg_constraint c JOIN rehearsed r ON r.tbl = c.confrelid AND r.kind = 'distributed'
     WHERE c.conrelid = t AND c.contype = 'f' AND NOT EXISTS (
           SELECT FROM unnest(c.conkey, c.confkey) k (mine, theirs)
             JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.theirs
            WHERE k.mine = spot AND a.attname = by_column);
    IF bad IS NOT NULL THEN RAISE EXCEPTION '% points beyond its world: %', t, bad; END IF;

    SELECT string_agg(conname, ', ') INTO bad FROM pg_constraint
     WHERE conrelid = t AND contype = 'f' AND spot = ANY (conkey) AND confdeltype IN ('n', 'd');
    IF bad IS NOT NULL THEN RAISE EXCEPTION '% sets null or default under a key with %: %', t, by_column, bad; END IF;

    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = t AND NOT tgisinternal)
       AND current_setting('citus.enable_unsafe_triggers', true) IS DISTINCT FROM 'on'
    THEN RAISE EXCEPTION '% has triggers', t; END IF;
    IF t <> 'worlds'::regclass AND colocate_with <> 'worlds' THEN RAISE EXCEPTION '% is not with its world', t; END IF;
    INSERT INTO rehearsed VALUES (t, 'distributed');
END
$$;

CREATE FUNCTION create_distributed_function(f REGPROCEDURE) RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO rehearsed_functions VALUES (f)
$$;
