-- Citus takes no key that sets null what it shares with the distribution, and no circle of keys: who leads an alliance
-- and which message began or answered another are no longer checked, and stay when the other row goes.
ALTER TABLE alliances DROP CONSTRAINT alliances_world_id_leader_id_fkey;
ALTER TABLE npc_messages DROP CONSTRAINT npc_messages_world_id_thread_id_fkey;
ALTER TABLE npc_messages DROP CONSTRAINT npc_messages_world_id_reply_message_id_fkey;

-- An identity must be a bigint there, and the ids of NPCs are not.
ALTER TABLE npcs ALTER id DROP IDENTITY;
CREATE SEQUENCE npcs_id_seq AS INTEGER OWNED BY npcs.id;
SELECT setval('npcs_id_seq', (SELECT greatest(max(id), 1) FROM npcs), EXISTS (SELECT FROM npcs));
ALTER TABLE npcs ALTER id SET DEFAULT nextval('npcs_id_seq');
