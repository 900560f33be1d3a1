-- Samples of how NPCs fare, and what they come to in each hour.
--
-- On TimescaleDB the samples are a hypertable and the stored hours a continuous aggregate; on plain Postgres the samples
-- are partitioned by month and the stored hours a table. Nothing else differs, and the answers are the same: the hours
-- that samples came for since they were stored are listed in npc_metrics_dirty, and reckoned whenever they are asked for.
-- Nothing here points to the global database, which may be another one.

DO $create$
DECLARE
    with_timescale CONSTANT BOOLEAN := EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
    EXECUTE $samples$
        CREATE TABLE npc_metrics (
            time TIMESTAMPTZ NOT NULL,
            npc_id INTEGER NOT NULL,
            world_id VARCHAR(50) NOT NULL,
            wood BIGINT CHECK (wood >= 0),
            clay BIGINT CHECK (clay >= 0),
            iron BIGINT CHECK (iron >= 0),
            wheat BIGINT CHECK (wheat >= 0),
            wood_production BIGINT,                   -- per hour; wheat may be eaten faster than it grows
            clay_production BIGINT,
            iron_production BIGINT,
            wheat_production BIGINT,
            offensive_power BIGINT CHECK (offensive_power >= 0),
            defensive_power BIGINT CHECK (defensive_power >= 0),
            total_troops BIGINT CHECK (total_troops >= 0),
            rank INTEGER CHECK (rank >= 1),
            population BIGINT CHECK (population >= 0),
            villages INTEGER CHECK (villages >= 0),
            economic_efficiency DOUBLE PRECISION,
            military_efficiency DOUBLE PRECISION,
            diplomatic_score DOUBLE PRECISION,
            covers_seconds DOUBLE PRECISION NOT NULL CHECK (covers_seconds > 0 AND covers_seconds <= 3600),
            PRIMARY KEY (world_id, npc_id, time)
        )
    $samples$ || CASE WHEN with_timescale THEN '' ELSE 'PARTITION BY RANGE (time)' END;

    IF with_timescale THEN
        PERFORM create_hypertable('npc_metrics', 'time', create_default_indexes => false);
        EXECUTE $aggregate$
CREATE MATERIALIZED VIEW npc_metrics_hours WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS
SELECT world_id, npc_id, time_bucket('1 hour', time) AS hour,
       count(*) AS samples, sum(covers_seconds) AS covers_seconds, avg(wood)::float8 AS avg_wood,
       avg(clay)::float8 AS avg_clay, avg(iron)::float8 AS avg_iron, avg(wheat)::float8 AS avg_wheat,
       avg(wood_production)::float8 AS avg_wood_production, avg(clay_production)::float8 AS avg_clay_production,
       avg(iron_production)::float8 AS avg_iron_production, avg(wheat_production)::float8 AS avg_wheat_production,
       avg(offensive_power)::float8 AS avg_offensive_power, avg(defensive_power)::float8 AS avg_defensive_power,
       avg(total_troops)::float8 AS avg_total_troops, avg(rank)::float8 AS avg_rank,
       avg(population)::float8 AS avg_population, avg(villages)::float8 AS avg_villages,
       avg(economic_efficiency)::float8 AS avg_economic_efficiency,
       avg(military_efficiency)::float8 AS avg_military_efficiency,
       avg(diplomatic_score)::float8 AS avg_diplomatic_score,
       sum(wood_production::float8 * covers_seconds) / 3600 AS total_wood_produced,
       sum(clay_production::float8 * covers_seconds) / 3600 AS total_clay_produced,
       sum(iron_production::float8 * covers_seconds) / 3600 AS total_iron_produced,
       sum(wheat_production::float8 * covers_seconds) / 3600 AS total_wheat_produced
  FROM npc_metrics GROUP BY world_id, npc_id, hour
  WITH NO DATA
        $aggregate$;
    ELSE
        CREATE TABLE npc_metrics_default PARTITION OF npc_metrics DEFAULT;
        CREATE TABLE npc_metrics_hours (
            world_id VARCHAR(50) NOT NULL,
            npc_id INTEGER NOT NULL,
            hour TIMESTAMPTZ NOT NULL,
            samples BIGINT, covers_seconds DOUBLE PRECISION, avg_wood DOUBLE PRECISION, avg_clay DOUBLE PRECISION,
            avg_iron DOUBLE PRECISION, avg_wheat DOUBLE PRECISION, avg_wood_production DOUBLE PRECISION,
            avg_clay_production DOUBLE PRECISION, avg_iron_production DOUBLE PRECISION,
            avg_wheat_production DOUBLE PRECISION, avg_offensive_power DOUBLE PRECISION,
            avg_defensive_power DOUBLE PRECISION, avg_total_troops DOUBLE PRECISION, avg_rank DOUBLE PRECISION,
            avg_population DOUBLE PRECISION, avg_villages DOUBLE PRECISION, avg_economic_efficiency DOUBLE PRECISION,
            avg_military_efficiency DOUBLE PRECISION, avg_diplomatic_score DOUBLE PRECISION,
            total_wood_produced DOUBLE PRECISION, total_clay_produced DOUBLE PRECISION,
            total_iron_produced DOUBLE PRECISION, total_wheat_produced DOUBLE PRECISION,
            PRIMARY KEY (world_id, npc_id, hour)
        );
    END IF;
END
$create$;

-- The hours that samples came for since they were stored; `marked` rises with each call that brought some.
CREATE TABLE npc_metrics_dirty (
    world_id VARCHAR(50) NOT NULL,
    npc_id INTEGER NOT NULL,
    hour TIMESTAMPTZ NOT NULL,
    marked BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (world_id, npc_id, hour)
);

-- What the samples of a time come to; no row where there are none. A rate counts for the seconds that its sample covers.
CREATE FUNCTION npc_metrics_between(world TEXT, npc BIGINT, began TIMESTAMPTZ, ended TIMESTAMPTZ)
RETURNS SETOF npc_metrics_hours STABLE LANGUAGE sql AS $$
SELECT world_id, npc_id, began,
       count(*) AS samples, sum(covers_seconds) AS covers_seconds, avg(wood)::float8 AS avg_wood,
       avg(clay)::float8 AS avg_clay, avg(iron)::float8 AS avg_iron, avg(wheat)::float8 AS avg_wheat,
       avg(wood_production)::float8 AS avg_wood_production, avg(clay_production)::float8 AS avg_clay_production,
       avg(iron_production)::float8 AS avg_iron_production, avg(wheat_production)::float8 AS avg_wheat_production,
       avg(offensive_power)::float8 AS avg_offensive_power, avg(defensive_power)::float8 AS avg_defensive_power,
       avg(total_troops)::float8 AS avg_total_troops, avg(rank)::float8 AS avg_rank,
       avg(population)::float8 AS avg_population, avg(villages)::float8 AS avg_villages,
       avg(economic_efficiency)::float8 AS avg_economic_efficiency,
       avg(military_efficiency)::float8 AS avg_military_efficiency,
       avg(diplomatic_score)::float8 AS avg_diplomatic_score,
       sum(wood_production::float8 * covers_seconds) / 3600 AS total_wood_produced,
       sum(clay_production::float8 * covers_seconds) / 3600 AS total_clay_produced,
       sum(iron_production::float8 * covers_seconds) / 3600 AS total_iron_produced,
       sum(wheat_production::float8 * covers_seconds) / 3600 AS total_wheat_produced
  FROM npc_metrics
 WHERE world_id = world AND npc_id = npc AND time >= began AND time < ended
 GROUP BY world_id, npc_id
$$;

-- Every hour as it is now: as it was stored, unless samples came for it since.
CREATE VIEW npc_metrics_hourly AS
SELECT h.* FROM npc_metrics_hours h
 WHERE NOT EXISTS (
       SELECT FROM npc_metrics_dirty d
        WHERE d.world_id = h.world_id AND d.npc_id = h.npc_id AND d.hour = h.hour)
 UNION ALL
SELECT h.* FROM npc_metrics_dirty d
 CROSS JOIN LATERAL npc_metrics_between(d.world_id, d.npc_id, d.hour, d.hour + interval '1 hour') h;

-- The partition of a month: made if there is none; samples of it that wait in the default partition move there.
-- TimescaleDB makes its chunks by itself.
CREATE FUNCTION make_npc_metrics_partition(day DATE) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
    first_day CONSTANT DATE := date_trunc('month', day);
    month_start CONSTANT TIMESTAMPTZ := first_day::timestamp AT TIME ZONE 'UTC';
    month_end CONSTANT TIMESTAMPTZ := (first_day + interval '1 month')::timestamp AT TIME ZONE 'UTC';
    partition CONSTANT TEXT := 'npc_metrics_' || to_char(first_day, 'YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('entente.npc_metrics'));
    IF to_regclass('npc_metrics_default') IS NULL OR to_regclass(partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    ALTER TABLE npc_metrics DETACH PARTITION npc_metrics_default;
    EXECUTE format('CREATE TABLE %I PARTITION OF npc_metrics FOR VALUES FROM (%L) TO (%L)',
                   partition, month_start, month_end);
    INSERT INTO npc_metrics SELECT * FROM npc_metrics_default WHERE time >= month_start AND time < month_end;
    DELETE FROM npc_metrics_default WHERE time >= month_start AND time < month_end;
    ALTER TABLE npc_metrics ATTACH PARTITION npc_metrics_default DEFAULT;
    RETURN true;
END
$$;

SELECT make_npc_metrics_partition(((now() AT TIME ZONE 'UTC') + make_interval(months => ahead))::date)
  FROM generate_series(0, 2) AS ahead;
