INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points) VALUES ('w', 2, 1, 'lied_to_me', -60);
UPDATE npc_relationships SET relationship_type = 'enemy' WHERE npc_id = 2;
UPDATE treaties SET status = 'cancelled', changed_at = now();
UPDATE players SET alliance_id = 1 WHERE player_id = 2;
