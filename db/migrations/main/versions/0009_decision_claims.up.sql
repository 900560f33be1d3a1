-- Who has a decision in hand: the queue in Redis can be filled again from here, and nothing is carried out twice.

CREATE TABLE decision_claims (
    world_id VARCHAR(50) NOT NULL,
    decision_id BIGINT NOT NULL,
    claim UUID NOT NULL,
    claimed_at TIMESTAMPTZ NOT NULL,
    claimed_until TIMESTAMPTZ NOT NULL CHECK (claimed_until > claimed_at),
    PRIMARY KEY (world_id, decision_id),
    FOREIGN KEY (world_id, decision_id) REFERENCES npc_decisions ON DELETE CASCADE
);
