-- Whoever changes the graph, the version moves, the feed tells of it, and what follows from the change is brought up.
--
-- All are statement-level triggers: one call for a statement, however many rows it changed.
--
-- Plans are kept for a session, with as many rows in mind as the first statement changed. Old and new rows are therefore
-- joined by FULL JOIN, under conditions that leave it one: all rows match, and a nested loop, which takes a minute for ten
-- thousand rows, cannot do it.

-- Memberships: alliance_members is the truth. A player's alliance, an NPC's alliance and role, and the counts and the
-- leader of the alliances follow it; and a change of players.alliance_id from outside is entered there.

CREATE FUNCTION follow_members(world VARCHAR, changed_players INTEGER[], changed_alliances INTEGER[])
RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    UPDATE players p SET alliance_id = m.alliance_id
      FROM unnest(changed_players) AS c (player_id)
      LEFT JOIN alliance_members m
             ON m.world_id = world AND m.player_id = c.player_id AND m.left_at IS NULL
     WHERE p.world_id = world AND p.player_id = c.player_id AND p.alliance_id IS DISTINCT FROM m.alliance_id;

    UPDATE npc_world_state s SET alliance_id = m.alliance_id, alliance_role = m.role
      FROM unnest(changed_players) AS c (player_id)
      LEFT JOIN alliance_members m
             ON m.world_id = world AND m.player_id = c.player_id AND m.left_at IS NULL
     WHERE s.world_id = world AND s.player_id = c.player_id
       AND (s.alliance_id, s.alliance_role) IS DISTINCT FROM (m.alliance_id, m.role);

    UPDATE alliances a
       SET total_members = now_in.members, npc_members = now_in.npcs,
           leader_id = now_in.leader_id, npc_leader_id = now_in.npc_leader_id
      FROM (SELECT c.alliance_id, count(m.player_id) AS members, count(p.npc_id) AS npcs,
                   min(m.player_id) FILTER (WHERE m.role = 'leader') AS leader_id,
                   min(p.npc_id) FILTER (WHERE m.role = 'leader') AS npc_leader_id
              FROM unnest(changed_alliances) AS c (alliance_id)
              LEFT JOIN alliance_members m
                     ON m.world_id = world AND m.alliance_id = c.alliance_id AND m.left_at IS NULL
              LEFT JOIN players p ON p.world_id = world AND p.player_id = m.player_id
             GROUP BY c.alliance_id) now_in
     WHERE a.world_id = world AND a.alliance_id = now_in.alliance_id
       AND (a.total_members, a.npc_members, a.leader_id, a.npc_leader_id)
           IS DISTINCT FROM (now_in.members, now_in.npcs, now_in.leader_id, now_in.npc_leader_id);
END
$$;

CREATE FUNCTION members_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    changes graph_change[];
    world VARCHAR;
    changed_players INTEGER[];
    changed_alliances INTEGER[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg((world_id, 'membership', NULL, player_id, alliance_id, NULL, jsonb_build_object(
                   'event', CASE WHEN left_at IS NULL THEN 'joined' ELSE 'left' END, 'role', role), true)::graph_change
                   ORDER BY member_id)
          INTO changes FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg((world_id, 'membership', NULL, player_id, alliance_id, NULL, jsonb_build_object(
                   'event', CASE WHEN left_at IS NULL THEN 'left' ELSE 'changed' END), true)::graph_change
                   ORDER BY member_id)
          INTO changes FROM old_rows;
    ELSE
        SELECT array_agg((n.world_id, 'membership', NULL, n.player_id, n.alliance_id, NULL, jsonb_build_object(
                   'event', CASE WHEN o.left_at IS NULL AND n.left_at IS NOT NULL THEN 'left'
                                 WHEN o.left_at IS NOT NULL AND n.left_at IS NULL THEN 'joined'
                                 ELSE 'changed' END, 'role', n.role), true)::graph_change ORDER BY n.member_id)
          INTO changes
          FROM new_rows n FULL JOIN old_rows o USING (world_id, member_id)
         WHERE n IS DISTINCT FROM o;
        changes := (
            SELECT array_agg((o.world_id, 'membership', NULL, o.player_id, o.alliance_id, NULL,
                              '{"event": "left"}', true)::graph_change ORDER BY member_id)
              FROM new_rows n FULL JOIN old_rows o USING (world_id, member_id)
             WHERE (n.player_id, n.alliance_id) <> (o.player_id, o.alliance_id)) || changes;
    END IF;
    PERFORM note_changes(changes);
    FOR world, changed_players, changed_alliances IN
        SELECT world_id, array_agg(DISTINCT player_id), array_agg(DISTINCT alliance_id)
          FROM unnest(changes) GROUP BY world_id ORDER BY world_id
    LOOP
        PERFORM follow_members(world, changed_players, changed_alliances);
    END LOOP;
    RETURN NULL;
END
$$;

CREATE TRIGGER members_added AFTER INSERT ON alliance_members
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION members_changed();
CREATE TRIGGER members_changed AFTER UPDATE ON alliance_members
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION members_changed();
CREATE TRIGGER members_removed AFTER DELETE ON alliance_members
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION members_changed();

CREATE FUNCTION players_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    world VARCHAR;
    changed_players INTEGER[];
    changed_alliances INTEGER[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM touch_world(world_id) FROM (SELECT DISTINCT world_id FROM new_rows ORDER BY 1) w;
        INSERT INTO alliance_members (world_id, alliance_id, player_id)
        SELECT world_id, alliance_id, player_id FROM new_rows WHERE alliance_id IS NOT NULL
            ON CONFLICT (world_id, player_id) WHERE left_at IS NULL DO NOTHING;
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        PERFORM touch_world(world_id) FROM (SELECT DISTINCT world_id FROM old_rows ORDER BY 1) w;
        RETURN NULL;
    END IF;
    IF pg_trigger_depth() = 1 AND EXISTS (
        SELECT FROM new_rows n FULL JOIN old_rows o USING (world_id, player_id)
         WHERE n.alliance_id IS DISTINCT FROM o.alliance_id)
    THEN
        UPDATE alliance_members m SET left_at = greatest(now(), m.joined_at)
          FROM new_rows n
         WHERE m.world_id = n.world_id AND m.player_id = n.player_id AND m.left_at IS NULL
           AND m.alliance_id IS DISTINCT FROM n.alliance_id;
        INSERT INTO alliance_members (world_id, alliance_id, player_id)
        SELECT world_id, alliance_id, player_id FROM new_rows WHERE alliance_id IS NOT NULL
            ON CONFLICT (world_id, player_id) WHERE left_at IS NULL DO NOTHING;
    END IF;
    -- A player whom an NPC takes over, or who has gone, is another one in the graph; one that has grown weighs more.
    FOR world, changed_players, changed_alliances IN
        SELECT n.world_id, array_agg(n.player_id) FILTER (WHERE is_another),
               array_agg(DISTINCT n.alliance_id) FILTER (WHERE is_another)
          FROM new_rows n FULL JOIN old_rows o USING (world_id, player_id)
         CROSS JOIN LATERAL (
               SELECT (n.npc_id, n.gone_at) IS DISTINCT FROM (o.npc_id, o.gone_at) AS is_another) c
         WHERE is_another OR n.population IS DISTINCT FROM o.population
         GROUP BY n.world_id ORDER BY n.world_id
    LOOP
        PERFORM touch_world(world);
        IF changed_players IS NOT NULL THEN
            PERFORM follow_members(world, changed_players, changed_alliances);
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

CREATE TRIGGER players_added AFTER INSERT ON players
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION players_changed();
CREATE TRIGGER players_changed AFTER UPDATE ON players
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION players_changed();
CREATE TRIGGER players_removed AFTER DELETE ON players
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION players_changed();

-- An NPC that begins to play as a member already has an alliance.
CREATE FUNCTION npc_world_state_added() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM follow_members(world_id, array_agg(player_id), '{}')
       FROM new_rows GROUP BY world_id ORDER BY world_id;
    RETURN NULL;
END
$$;

CREATE TRIGGER npc_world_state_added AFTER INSERT ON npc_world_state
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION npc_world_state_added();

-- Alliances ------------------------------------------------------------------------------------------------------

CREATE FUNCTION alliances_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    changes graph_change[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg((world_id, 'alliance', NULL, NULL, alliance_id, NULL,
                          '{"event": "founded"}', true)::graph_change ORDER BY alliance_id)
          INTO changes FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg((world_id, 'alliance', NULL, NULL, alliance_id, NULL,
                          '{"event": "removed"}', true)::graph_change ORDER BY alliance_id)
          INTO changes FROM old_rows;
    ELSE
        SELECT array_agg((n.world_id, 'alliance', NULL, NULL, n.alliance_id, NULL, jsonb_build_object(
                   'event', CASE WHEN o.disbanded_at IS NULL AND n.disbanded_at IS NOT NULL THEN 'disbanded'
                                 ELSE 'changed' END), true)::graph_change ORDER BY n.alliance_id)
          INTO changes
          FROM new_rows n FULL JOIN old_rows o USING (world_id, alliance_id)
         WHERE (n.name, n.tag, n.leader_id, n.alliance_strategy, n.diplomatic_stance, n.disbanded_at)
               IS DISTINCT FROM (o.name, o.tag, o.leader_id, o.alliance_strategy, o.diplomatic_stance, o.disbanded_at);
    END IF;
    PERFORM note_changes(changes);
    RETURN NULL;
END
$$;

CREATE TRIGGER alliances_added AFTER INSERT ON alliances
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION alliances_changed();
CREATE TRIGGER alliances_changed AFTER UPDATE ON alliances
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION alliances_changed();
CREATE TRIGGER alliances_removed AFTER DELETE ON alliances
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION alliances_changed();

-- Trust: the ledger is the truth, npc_relationships.trust_score follows it. A score that was set from outside enters
-- the ledger as one event of kind 'imported' that explains the difference.

CREATE FUNCTION ledger_sum(world VARCHAR, truster INTEGER, trusted INTEGER, at TIMESTAMPTZ)
RETURNS DOUBLE PRECISION STABLE LANGUAGE sql AS $$
    SELECT coalesce(sum(points * CASE WHEN half_life_seconds IS NULL THEN 1 ELSE
               power(2, -least(extract(epoch FROM at - occurred_at)::float8 / half_life_seconds, 1000)) END), 0)
      FROM trust_events
     WHERE world_id = world AND npc_id = truster AND target_player_id = trusted
       AND occurred_at <= at AND (expires_at IS NULL OR expires_at > at)
$$;

CREATE FUNCTION as_score(sum DOUBLE PRECISION) RETURNS INTEGER IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT greatest(-100, least(100, round(sum::numeric)))::integer
$$;

CREATE FUNCTION trust_events_added() RETURNS TRIGGER LANGUAGE plpgsql AS $$
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

CREATE TRIGGER trust_events_added AFTER INSERT ON trust_events
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trust_events_added();

CREATE FUNCTION relationships_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    from_outside CONSTANT BOOLEAN := pg_trigger_depth() = 1;
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

CREATE TRIGGER relationships_added AFTER INSERT ON npc_relationships
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION relationships_changed();
CREATE TRIGGER relationships_changed AFTER UPDATE ON npc_relationships
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION relationships_changed();
CREATE TRIGGER relationships_removed AFTER DELETE ON npc_relationships
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION relationships_changed();

-- Treaties: each change of status becomes an event of the treaty. ---------------------------------------------------

CREATE FUNCTION treaties_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
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

CREATE TRIGGER treaties_added AFTER INSERT ON treaties
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION treaties_changed();
CREATE TRIGGER treaties_changed AFTER UPDATE ON treaties
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION treaties_changed();
CREATE TRIGGER treaties_removed AFTER DELETE ON treaties
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION treaties_changed();

-- Whoever empties a table at once does so in every world, and says nothing of the rows. ---------------------------

CREATE FUNCTION emptied() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    world VARCHAR;
BEGIN
    FOR world IN SELECT world_id FROM worlds ORDER BY world_id LOOP
        PERFORM touch_world(world);
        IF TG_TABLE_NAME = 'alliance_members' THEN
            PERFORM follow_members(
                world, ARRAY(SELECT player_id FROM players WHERE world_id = world AND alliance_id IS NOT NULL),
                ARRAY(SELECT alliance_id FROM alliances WHERE world_id = world));
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;

CREATE TRIGGER members_emptied AFTER TRUNCATE ON alliance_members FOR EACH STATEMENT EXECUTE FUNCTION emptied();
CREATE TRIGGER relationships_emptied AFTER TRUNCATE ON npc_relationships FOR EACH STATEMENT EXECUTE FUNCTION emptied();
CREATE TRIGGER treaties_emptied AFTER TRUNCATE ON treaties FOR EACH STATEMENT EXECUTE FUNCTION emptied();

-- Histories are only ever added to; they go with their world. ------------------------------------------------------

CREATE FUNCTION refuse_rewriting() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        RAISE EXCEPTION '% is append-only: add a new event instead', TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON trust_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON treaty_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
