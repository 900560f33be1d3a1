-- Who records many events at once works out the scores that follow together with all else that a relationship counts.
--
-- It says so for its transaction, and is believed: each relationship is written once, not twice, and each of its
-- seven indexes too. Scores are worked out as ever, by ledger_sum.
CREATE FUNCTION scores_are_brought() RETURNS BOOLEAN STABLE LANGUAGE sql AS $$
    SELECT coalesce(current_setting('entente.scores', true), '') = 'brought'
$$;

CREATE OR REPLACE FUNCTION trust_events_added() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM new_rows) THEN
        RETURN NULL;
    END IF;
    IF history_is_given() THEN
        PERFORM touch_world(world_id) FROM (SELECT DISTINCT world_id FROM new_rows ORDER BY 1) w;
    ELSE
        PERFORM note_changes((
            SELECT array_agg((world_id, 'trust', npc_id, target_player_id, NULL, NULL, jsonb_build_object(
                       'event_id', event_id, 'kind', kind, 'points', points), false)::graph_change ORDER BY event_id)
              FROM new_rows));
    END IF;
    IF scores_are_brought() THEN
        RETURN NULL;
    END IF;
    INSERT INTO npc_relationships AS r (
        world_id, npc_id, target_player_id, trust_score, trust_at, created_at, updated_at)
    SELECT s.world_id, s.npc_id, s.target_player_id, s.score, s.at, s.at, s.at
      FROM (SELECT p.*, as_score(ledger_sum(p.world_id, p.npc_id, p.target_player_id, p.at)) AS score
              FROM (SELECT n.world_id, n.npc_id, n.target_player_id,
                           greatest(max(n.occurred_at), max(known.trust_at)) AS at
                      FROM new_rows n
                      LEFT JOIN npc_relationships known USING (world_id, npc_id, target_player_id)
                     GROUP BY n.world_id, n.npc_id, n.target_player_id) p) s
     WHERE NOT EXISTS (                               -- a load may bring the scores along with their ledger
           SELECT FROM npc_relationships known
            WHERE known.world_id = s.world_id AND known.npc_id = s.npc_id
              AND known.target_player_id = s.target_player_id
              AND known.trust_score = s.score AND known.trust_at = s.at)
        ON CONFLICT (world_id, npc_id, target_player_id) DO UPDATE
       SET trust_score = excluded.trust_score, trust_at = excluded.trust_at,
           updated_at = greatest(r.updated_at, excluded.updated_at);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION relationships_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    from_outside CONSTANT BOOLEAN := pg_trigger_depth() = 1 AND NOT scores_are_brought();
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM touch_world(world_id) FROM (SELECT DISTINCT world_id FROM new_rows ORDER BY 1) w;
        IF from_outside AND NOT history_is_given() THEN
            INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points, occurred_at)
            SELECT n.world_id, n.npc_id, n.target_player_id, 'imported', n.trust_score - ledger.sum, n.trust_at
              FROM new_rows n
             CROSS JOIN LATERAL (
                 SELECT ledger_sum(n.world_id, n.npc_id, n.target_player_id, n.trust_at) AS sum) ledger
             WHERE n.trust_score <> as_score(ledger.sum) ORDER BY n.id;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM note_changes((
            SELECT array_agg((world_id, 'relationship', npc_id, target_player_id, NULL, NULL,
                              '{"event": "removed"}', false)::graph_change ORDER BY id)
              FROM old_rows));
    ELSE
        PERFORM touch_world(world_id) FROM (
            SELECT DISTINCT n.world_id FROM new_rows n FULL JOIN old_rows o USING (world_id, id)
             WHERE n IS DISTINCT FROM o ORDER BY 1) w;
        PERFORM note_changes((
            SELECT array_agg((n.world_id, 'relationship', n.npc_id, n.target_player_id, NULL, NULL,
                       jsonb_build_object('type', n.relationship_type), false)::graph_change ORDER BY n.id)
              FROM new_rows n FULL JOIN old_rows o USING (world_id, id)
             WHERE n.relationship_type IS DISTINCT FROM o.relationship_type));
        IF from_outside THEN
            INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points, occurred_at)
            SELECT n.world_id, n.npc_id, n.target_player_id, 'imported',
                   n.trust_score - ledger_sum(n.world_id, n.npc_id, n.target_player_id, m.at), m.at
              FROM new_rows n FULL JOIN old_rows o USING (world_id, id)
             CROSS JOIN LATERAL (SELECT CASE WHEN n.trust_at > o.trust_at THEN n.trust_at
                                             ELSE greatest(now(), o.trust_at) END AS at) m
             WHERE (n.trust_score, n.trust_at) IS DISTINCT FROM (o.trust_score, o.trust_at)
               AND n.trust_score IS DISTINCT FROM
                   as_score(ledger_sum(n.world_id, n.npc_id, n.target_player_id, n.trust_at))
             ORDER BY n.id;
        END IF;
    END IF;
    RETURN NULL;
END
$$;
