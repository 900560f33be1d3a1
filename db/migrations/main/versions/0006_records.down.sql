DROP VIEW message_parties;
DROP TABLE npc_trade_history, npc_battle_history, npc_messages, npc_decisions;
DROP FUNCTION trades_changed, battles_changed, messages_changed, decisions_changed, note_asides;
DELETE FROM graph_changes WHERE kind IN ('decision', 'message', 'battle', 'trade');
ALTER TABLE graph_changes DROP CONSTRAINT graph_changes_kind_check;
ALTER TABLE graph_changes ADD CONSTRAINT graph_changes_kind_check CHECK (
    kind IN ('alliance', 'membership', 'treaty', 'relationship', 'trust', 'load'));
