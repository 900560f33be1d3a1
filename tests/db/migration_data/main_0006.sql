INSERT INTO npc_decisions (world_id, id, npc_id, decision_type, situation_summary, final_decision, priority)
VALUES ('w', 1, 1, 'strategic', 'Quiet.', '{}', 5);
INSERT INTO npc_messages (world_id, id, from_npc_id, from_player_id, to_player_id, to_npc_id, message_body)
VALUES ('w', 1, 1, 1, 2, 2, 'Hello.'), ('w', 2, NULL, 4, 1, 1, 'Hello, too.');
UPDATE npc_messages SET read_at = now(), reply_message_id = 2 WHERE id = 1;
INSERT INTO npc_battle_history (world_id, npc_id, battle_type, attacker_id, defender_id, npc_role, result, occurred_at)
VALUES ('w', 1, 'raid', 1, 4, 'attacker', 'victory', now());
INSERT INTO npc_trade_history (world_id, npc_id, trade_type, offered_resource, offered_amount, partner_id, trade_status)
VALUES ('w', 1, 'offer_accepted', 'wood', 100, 4, 'pending');
