DROP TABLE decision_claims;
