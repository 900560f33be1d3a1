INSERT INTO worlds (world_id, name) VALUES ('w', 'World'), ('v', 'Valley');
INSERT INTO world_feeds (world_id, seq) VALUES ('w', 1);
INSERT INTO graph_changes (world_id, seq, version, kind, alliance_id, data)
VALUES ('w', 1, 0, 'alliance', 1, '{"event": "founded"}');

INSERT INTO npcs (id, name, tribe, personality, behavior_template)
SELECT n, 'Npc ' || n, 'Gauls', 'diplomat',
       '{"aggression": 0.5, "economy": 0.5, "diplomacy": 0.5, "risk_tolerance": 0.5, "patience": 0.5, "adaptability": 1}'
  FROM generate_series(1, 3) n;
INSERT INTO alliances (world_id, alliance_id, name, tag) VALUES ('w', 1, 'Reds', 'R');
INSERT INTO players (world_id, player_id, name, tribe, npc_id, alliance_id, population)
SELECT 'w', p, 'Player ' || p, 'Gauls', CASE WHEN p <= 3 THEN p END, CASE WHEN p = 1 THEN 1 END, 100
  FROM generate_series(1, 4) p;
UPDATE alliances SET leader_id = 1;
INSERT INTO alliance_members (world_id, alliance_id, player_id, role, joined_at) VALUES ('w', 1, 1, 'leader', now());
INSERT INTO npc_world_state (world_id, npc_id, player_id) SELECT 'w', n, n FROM generate_series(1, 3) n;

INSERT INTO trust_events (world_id, npc_id, target_player_id, kind, points) VALUES ('w', 1, 2, 'traded_fairly', 5);
INSERT INTO npc_relationships (world_id, npc_id, target_player_id, trust_score, relationship_type)
VALUES ('w', 1, 2, 5, 'ally');
INSERT INTO treaties (world_id, treaty_id, type, status, a_player_id, b_player_id, starts_at)
VALUES ('w', 1, 'nap', 'active', 1, 2, now());
INSERT INTO treaty_events (world_id, treaty_id, kind, by_player_id) VALUES ('w', 1, 'active', 1);
INSERT INTO npc_memory (world_id, npc_id, memory_type, event_data, occurred_at)
VALUES ('w', 1, 'battle', '{}', now()), ('w', 1, 'trade', '{}', '2001-02-03');
SELECT make_memory_partition('2001-01-01');
