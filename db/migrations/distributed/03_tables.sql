-- NPCs are known across worlds, so that every node has them; all else lives with its world. A table comes after those
-- that it points to.
SET LOCAL citus.multi_shard_modify_mode = 'sequential';

SELECT create_reference_table('npcs');
SELECT create_reference_table('npc_versions');

SELECT create_distributed_table('worlds', 'world_id');
SELECT create_distributed_table('world_feeds', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('graph_changes', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('idempotency_keys', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('alliances', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('players', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('alliance_members', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('membership_events', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('npc_world_state', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('npc_relationships', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('relationship_events', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('trust_events', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('treaties', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('treaty_events', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('treaty_states', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('npc_memory', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('npc_decisions', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('decision_claims', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('npc_messages', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('npc_battle_history', 'world_id', colocate_with => 'worlds');
SELECT create_distributed_table('npc_trade_history', 'world_id', colocate_with => 'worlds');
