INSERT INTO decision_claims (world_id, decision_id, claim, claimed_at, claimed_until)
VALUES ('w', 1, gen_random_uuid(), now(), now() + interval '1 minute');
