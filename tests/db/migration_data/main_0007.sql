UPDATE npcs SET behavior_template = behavior_template || '{"aggression": 0.9}' WHERE id = 1;
UPDATE worlds SET name = 'World, again' WHERE world_id = 'w';
UPDATE alliances SET tag = 'RR';
