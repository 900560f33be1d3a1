INSERT INTO npc_metrics (world_id, npc_id, time, wood, wood_production, covers_seconds)
VALUES ('w', 1, now(), 2147483648, 100, 60), ('w', 1, '2001-02-03', 1, 1, 60);
INSERT INTO npc_metrics_hours (world_id, npc_id, hour, samples) VALUES ('w', 1, date_trunc('hour', now()), 1);
INSERT INTO npc_metrics_dirty (world_id, npc_id, hour) VALUES ('w', 1, '2001-02-03');
SELECT make_npc_metrics_partition('2001-02-01');
