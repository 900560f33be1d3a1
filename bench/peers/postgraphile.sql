-- What PostGraphile needs beside the tables: functions that become fields, and tables that become enums.

CREATE FUNCTION worlds_npcs(world worlds) RETURNS SETOF npcs STABLE LANGUAGE sql AS $$
    SELECT n.* FROM npcs n JOIN npc_world_state s ON s.npc_id = n.id
     WHERE s.world_id = world.world_id ORDER BY n.name, n.id
$$;

CREATE FUNCTION npcs_player(npc npcs, world_id TEXT) RETURNS players STABLE LANGUAGE sql AS $$
    SELECT p.* FROM players p WHERE p.world_id = npcs_player.world_id AND p.npc_id = npc.id
$$;

CREATE FUNCTION players_treaties(player players) RETURNS SETOF treaties STABLE LANGUAGE sql AS $$
    SELECT t.* FROM treaties t WHERE t.world_id = player.world_id AND t.a_player_id = player.player_id
     UNION ALL
    SELECT t.* FROM treaties t WHERE t.world_id = player.world_id AND t.b_player_id = player.player_id
     ORDER BY proposed_at DESC, treaty_id DESC
$$;

CREATE TYPE party AS (name VARCHAR);

CREATE FUNCTION treaties_parties(treaty treaties) RETURNS SETOF party STABLE LANGUAGE sql AS $$
    SELECT coalesce(p.name, a.name)
      FROM (VALUES (1, treaty.a_player_id, treaty.a_alliance_id), (2, treaty.b_player_id, treaty.b_alliance_id))
           AS side (place, player_id, alliance_id)
      LEFT JOIN players p ON p.world_id = treaty.world_id AND p.player_id = side.player_id
      LEFT JOIN alliances a ON a.world_id = treaty.world_id AND a.alliance_id = side.alliance_id
     ORDER BY side.place
$$;

CREATE SCHEMA enums
    CREATE TABLE npc_tribes (value VARCHAR PRIMARY KEY)
    CREATE TABLE personalities (value VARCHAR PRIMARY KEY)
    CREATE TABLE relationship_types (value VARCHAR PRIMARY KEY)
    CREATE TABLE treaty_types (value VARCHAR PRIMARY KEY)
    CREATE TABLE treaty_statuses (value VARCHAR PRIMARY KEY)
    CREATE TABLE memory_types (value VARCHAR PRIMARY KEY);

INSERT INTO enums.npc_tribes VALUES ('Romans'), ('Gauls'), ('Teutons');
INSERT INTO enums.personalities VALUES
    ('aggressive'), ('economic'), ('balanced'), ('diplomat'), ('assassin');
INSERT INTO enums.relationship_types VALUES
    ('ally'), ('enemy'), ('neutral'), ('trading_partner'), ('vassal'), ('overlord');
INSERT INTO enums.treaty_types VALUES ('nap'), ('confederacy'), ('trade_agreement'), ('vassalage'), ('war');
INSERT INTO enums.treaty_statuses VALUES
    ('proposed'), ('active'), ('declined'), ('expired'), ('cancelled'), ('broken');
INSERT INTO enums.memory_types VALUES
    ('battle'), ('trade'), ('message'), ('alliance_event'), ('strategic_decision'), ('building_completed'),
    ('village_founded'), ('treaty_signed'), ('treaty_broken'), ('player_interaction');
