CREATE OR REPLACE FUNCTION faded(
    points DOUBLE PRECISION, half_life_seconds DOUBLE PRECISION, since TIMESTAMPTZ, at TIMESTAMPTZ)
RETURNS DOUBLE PRECISION IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT points * CASE WHEN half_life_seconds IS NULL THEN 1 ELSE
               power(2, -least(extract(epoch FROM at - since)::float8 / half_life_seconds, 1000)) END
$$;
