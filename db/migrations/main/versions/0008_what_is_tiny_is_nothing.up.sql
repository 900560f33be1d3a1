-- Postgres refuses a product that is too small for a number, and a quotient that is too large. After a hundred half-lives
-- nothing is left that could move a score.
CREATE OR REPLACE FUNCTION faded(
    points DOUBLE PRECISION, half_life_seconds DOUBLE PRECISION, since TIMESTAMPTZ, at TIMESTAMPTZ)
RETURNS DOUBLE PRECISION IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT CASE WHEN half_life_seconds IS NULL THEN points
                WHEN abs(points) < 1e-100 OR extract(epoch FROM at - since)::float8 / 100 > half_life_seconds THEN 0
                ELSE points * power(2, -extract(epoch FROM at - since)::float8 / half_life_seconds) END
$$;
