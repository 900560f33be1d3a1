INSERT INTO api_keys (label, role, key_hash, hint) VALUES ('Ours', 'admin', sha256('key'), 'ent_');
