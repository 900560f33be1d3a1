DROP FUNCTION refuse_rewriting(), emptied(), treaties_changed(), relationships_changed(), trust_events_added(),
    alliances_changed(), npc_world_state_added(), players_changed(), members_changed() CASCADE;
DROP FUNCTION follow_members(VARCHAR, INTEGER[], INTEGER[]), as_score(DOUBLE PRECISION),
    ledger_sum(VARCHAR, INTEGER, INTEGER, TIMESTAMPTZ);
