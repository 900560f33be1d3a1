DROP VIEW npc_metrics_hourly;
DROP FUNCTION make_npc_metrics_partition(DATE), npc_metrics_between(TEXT, BIGINT, TIMESTAMPTZ, TIMESTAMPTZ);
DROP TABLE npc_metrics_dirty;

DO $$
BEGIN
    IF to_regclass('npc_metrics_default') IS NULL THEN
        DROP MATERIALIZED VIEW npc_metrics_hours;
    ELSE
        DROP TABLE npc_metrics_hours;
    END IF;
END
$$;

DROP TABLE npc_metrics;
