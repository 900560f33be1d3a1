-- One game server's map: its villages.

CREATE TABLE villages (
    id INTEGER PRIMARY KEY,
    tile_id INTEGER NOT NULL UNIQUE,
    x INTEGER NOT NULL,
    y INTEGER NOT NULL,
    name VARCHAR(100) NOT NULL,
    player_id INTEGER NOT NULL,
    tribe VARCHAR(50) NOT NULL CHECK (tribe IN (
        'Romans', 'Teutons', 'Gauls', 'Nature', 'Natars', 'Egyptians', 'Huns', 'Spartans', 'Vikings', 'Unknown')),
    population INTEGER NOT NULL DEFAULT 0 CHECK (population >= 0),
    region VARCHAR(100),
    is_capital BOOLEAN NOT NULL DEFAULT false,
    is_city BOOLEAN NOT NULL DEFAULT false,
    has_harbour BOOLEAN NOT NULL DEFAULT false,
    victory_points INTEGER NOT NULL DEFAULT 0,
    first_seen TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_seen TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_villages_player ON villages (player_id, population, id);
CREATE INDEX idx_villages_place ON villages (x, y);
CREATE INDEX idx_villages_population ON villages (population, id);
