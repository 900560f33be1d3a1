DROP TABLE npc_build_queue_history, npc_village_config, build_queue, troops, village_buildings, village_resources;
ALTER TABLE villages DROP COLUMN reported_at;
