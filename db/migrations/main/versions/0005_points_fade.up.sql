-- What is left of points after some time; without a half-life, all of them.
CREATE FUNCTION faded(points DOUBLE PRECISION, half_life_seconds DOUBLE PRECISION, since TIMESTAMPTZ, at TIMESTAMPTZ)
RETURNS DOUBLE PRECISION IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT points * CASE WHEN half_life_seconds IS NULL THEN 1 ELSE
               power(2, -least(extract(epoch FROM at - since)::float8 / half_life_seconds, 1000)) END
$$;

CREATE OR REPLACE FUNCTION ledger_sum(world VARCHAR, truster INTEGER, trusted INTEGER, at TIMESTAMPTZ)
RETURNS DOUBLE PRECISION STABLE LANGUAGE sql AS $$
    SELECT coalesce(sum(faded(points, half_life_seconds, occurred_at, at)), 0)
      FROM trust_events
     WHERE world_id = world AND npc_id = truster AND target_player_id = trusted
       AND occurred_at <= at AND (expires_at IS NULL OR expires_at > at)
$$;
