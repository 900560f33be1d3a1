INSERT INTO villages (id, tile_id, x, y, name, player_id, tribe, population)
VALUES (1, 1, 0, 0, 'Home', 1, 'Gauls', 100), (2, 2, 1, -1, 'Away', 2, 'Natars', 7);
