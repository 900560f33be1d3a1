DROP TABLE npc_memory, treaty_events, trust_events, npc_world_state, graph_changes, world_feeds CASCADE;
DROP FUNCTION treaties_active(npc_relationships);
DROP VIEW treaty_parties, npc_alliances;
DROP TABLE treaties, npc_relationships, alliance_members CASCADE;
ALTER TABLE alliances DROP CONSTRAINT alliances_world_id_leader_id_fkey;
DROP TABLE players, alliances, npcs, worlds;
DROP FUNCTION note_changes(graph_change[]);
DROP TYPE graph_change;
DROP FUNCTION history_is_given(), take_seqs(VARCHAR, BIGINT), touch_world(VARCHAR), make_memory_partition(DATE),
    party_key(INTEGER, INTEGER), is_behavior_template(JSONB), is_fraction(JSONB);
