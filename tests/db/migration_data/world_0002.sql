INSERT INTO village_resources (village_id, player_id, wood) VALUES (1, 1, 2147483648);
INSERT INTO village_buildings (village_id, slot, player_id, building_name, level) VALUES (1, 19, 1, 'barracks', 3);
INSERT INTO troops (village_id, unit, player_id, at_home) VALUES (1, 'phalanx', 1, 50);
INSERT INTO build_queue (village_id, player_id, npc_id, building_name, from_level, to_level)
VALUES (1, 1, 1, 'barracks', 3, 4);
INSERT INTO npc_village_config (village_id, npc_id, village_type) VALUES (1, 1, 'capital');
INSERT INTO npc_build_queue_history (village_id, npc_id, building_name, from_level, to_level, queued_at)
VALUES (1, 1, 'barracks', 2, 3, now());
