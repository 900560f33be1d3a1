CREATE OR REPLACE FUNCTION ledger_sum(world VARCHAR, truster INTEGER, trusted INTEGER, at TIMESTAMPTZ)
RETURNS DOUBLE PRECISION STABLE LANGUAGE sql AS $$
    SELECT coalesce(sum(points * CASE WHEN half_life_seconds IS NULL THEN 1 ELSE
               power(2, -least(extract(epoch FROM at - occurred_at)::float8 / half_life_seconds, 1000)) END), 0)
      FROM trust_events
     WHERE world_id = world AND npc_id = truster AND target_player_id = trusted
       AND occurred_at <= at AND (expires_at IS NULL OR expires_at > at)
$$;

DROP FUNCTION faded(DOUBLE PRECISION, DOUBLE PRECISION, TIMESTAMPTZ, TIMESTAMPTZ);
