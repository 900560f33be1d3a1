-- What one side offers the other: a treaty waits for its answer until a day, and one in force may be ended or prolonged
-- in agreement.

ALTER TABLE treaties
    ADD answer_by TIMESTAMPTZ,                        -- until when a proposal may be accepted; null: for ever
    ADD offer VARCHAR(20) CHECK (offer IN ('end', 'prolong')),
    ADD offered_by CHAR(1) CHECK (offered_by IN ('a', 'b')),
    ADD offered_ends_at TIMESTAMPTZ,                  -- until when it is to be prolonged; null: without a set end
    ADD CONSTRAINT offered_by_someone CHECK (num_nonnulls(offer, offered_by) IN (0, 2)),
    ADD CONSTRAINT offered_end_of_a_prolonging CHECK (offered_ends_at IS NULL OR offer IS NOT DISTINCT FROM 'prolong');

CREATE INDEX idx_treaties_waiting ON treaties (world_id, answer_by) WHERE status = 'proposed' AND answer_by IS NOT NULL;

DROP VIEW treaty_parties;
CREATE VIEW treaty_parties AS
    SELECT t.*, 'a' AS side, a_player_id AS party_player_id, a_alliance_id AS party_alliance_id FROM treaties t
    UNION ALL
    SELECT t.*, 'b' AS side, b_player_id AS party_player_id, b_alliance_id AS party_alliance_id FROM treaties t;

ALTER TABLE treaty_events DROP CONSTRAINT treaty_events_kind_check;
ALTER TABLE treaty_events ADD CONSTRAINT treaty_events_kind_check CHECK (kind IN (
    'proposed', 'active', 'declined', 'expired', 'cancelled', 'broken', 'peace_offered', 'end_offered',
    'prolonging_offered', 'prolonged'));

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
        SELECT e.world_id, e.treaty_id, e.kind,
               CASE WHEN e.is_told THEN e.changed_by END, CASE WHEN e.is_told THEN e.changed_at ELSE now() END
          FROM (SELECT n.world_id, n.treaty_id, n.changed_by, n.changed_at, n.changed_at <> o.changed_at AS is_told,
                       CASE WHEN n.status <> o.status THEN n.status
                            WHEN n.peace_offered_by IS DISTINCT FROM o.peace_offered_by
                                 AND n.peace_offered_by IS NOT NULL THEN 'peace_offered'
                            WHEN (n.offer, n.offered_by, n.offered_ends_at)
                                 IS DISTINCT FROM (o.offer, o.offered_by, o.offered_ends_at)
                                 AND n.offer IS NOT NULL
                            THEN CASE n.offer WHEN 'end' THEN 'end_offered' ELSE 'prolonging_offered' END
                            WHEN n.status = 'active' AND n.ends_at IS DISTINCT FROM o.ends_at THEN 'prolonged'
                       END AS kind
                  FROM new_rows n FULL JOIN old_rows o USING (world_id, treaty_id)) e
         WHERE e.kind IS NOT NULL ORDER BY e.treaty_id;
    END IF;
    PERFORM note_changes(changes);
    RETURN NULL;
END
$$;
