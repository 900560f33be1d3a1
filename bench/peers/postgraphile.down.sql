-- The database as it was before postgraphile.sql.

DROP FUNCTION IF EXISTS treaties_parties, players_treaties, npcs_player, worlds_npcs;
DROP TYPE IF EXISTS party;
DROP SCHEMA IF EXISTS enums CASCADE;
