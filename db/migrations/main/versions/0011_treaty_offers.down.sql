CREATE OR REPLACE FUNCTION treaties_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    changes graph_change[];
BEGIN
    IF TG_OP = 'DELETE' THEN
        SELECT array_agg((world_id, 'treaty', NULL, NULL, NULL, treaty_id,
                          '{"event": "removed"}', is_public)::graph_change ORDER BY treaty_id)
          INTO changes FROM old_rows;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg((world_id, 'treaty', NULL, NULL, NULL, treaty_id,
                   jsonb_build_object('event', status, 'type', type), is_public)::graph_change ORDER BY treaty_id)
          INTO changes FROM new_rows;
        IF NOT history_is_given() THEN
            INSERT INTO treaty_events (world_id, treaty_id, kind, by_player_id, occurred_at)
            SELECT world_id, treaty_id, status, coalesce(changed_by, proposed_by), changed_at
              FROM new_rows ORDER BY treaty_id;
        END IF;
    ELSE
        SELECT array_agg((n.world_id, 'treaty', NULL, NULL, NULL, n.treaty_id, jsonb_build_object(
                   'event', CASE WHEN n.status <> o.status THEN n.status ELSE 'changed' END,
                   'type', n.type), n.is_public)::graph_change ORDER BY n.treaty_id)
          INTO changes
          FROM new_rows n FULL JOIN old_rows o USING (world_id, treaty_id) WHERE n IS DISTINCT FROM o;
        INSERT INTO treaty_events (world_id, treaty_id, kind, by_player_id, occurred_at)
        SELECT n.world_id, n.treaty_id,
               CASE WHEN n.status <> o.status THEN n.status ELSE 'peace_offered' END,
               CASE WHEN n.changed_at <> o.changed_at THEN n.changed_by END,
               CASE WHEN n.changed_at <> o.changed_at THEN n.changed_at ELSE now() END
          FROM new_rows n FULL JOIN old_rows o USING (world_id, treaty_id)
         WHERE n.status IS DISTINCT FROM o.status
            OR (n.peace_offered_by IS NOT NULL AND n.peace_offered_by IS DISTINCT FROM o.peace_offered_by)
         ORDER BY n.treaty_id;
    END IF;
    PERFORM note_changes(changes);
    RETURN NULL;
END
$$;

ALTER TABLE treaty_events DISABLE TRIGGER append_only;
DELETE FROM treaty_events WHERE kind IN ('end_offered', 'prolonging_offered', 'prolonged');
ALTER TABLE treaty_events ENABLE TRIGGER append_only;
ALTER TABLE treaty_events DROP CONSTRAINT treaty_events_kind_check;
ALTER TABLE treaty_events ADD CONSTRAINT treaty_events_kind_check CHECK (
    kind IN ('proposed', 'active', 'declined', 'expired', 'cancelled', 'broken', 'peace_offered'));

DROP VIEW treaty_parties;
DROP INDEX idx_treaties_waiting;
ALTER TABLE treaties
    DROP CONSTRAINT offered_by_someone, DROP CONSTRAINT offered_end_of_a_prolonging,
    DROP answer_by, DROP offer, DROP offered_by, DROP offered_ends_at;
CREATE VIEW treaty_parties AS
    SELECT t.*, 'a' AS side, a_player_id AS party_player_id, a_alliance_id AS party_alliance_id FROM treaties t
    UNION ALL
    SELECT t.*, 'b' AS side, b_player_id AS party_player_id, b_alliance_id AS party_alliance_id FROM treaties t;
