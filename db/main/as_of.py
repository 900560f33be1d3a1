"""As of: reads of what had been recorded by a moment; whatever is recorded later changes no such answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from db.main import alliances, changes, players, relationships, treaties
from db.reads import AS_OF, Filter, Read

NOW = ("as_of", "t.as_of")
"""What these reads show as the moment of a row."""


def _past(now: Read[Any], source: str, key: tuple[str, ...] | None = None, **more: Any) -> Read[Any]:
    """A read of the past beside one of now, with the same orderings, filters and condition who sees what."""
    instead = (NOW, *more.pop("instead", ()))
    return replace(now, source=source, key=(*(key or now.key), AS_OF), instead=instead, **more)


# Relationships ----------------------------------------------------------------------------------------------

# Counters and intelligence have no history.
FORGOTTEN = ", ".join(
    f"NULL::{kind} AS {name}"
    for kind, names in {
        "int": "total_interactions battles_won_against battles_lost_against messages_sent messages_received",
        "bigint": "resources_raided_from resources_lost_to",
        "text": "last_interaction_type predicted_next_action",
        "timestamptz": "last_interaction_at predicted_at",
        "jsonb": "known_villages known_army_composition activity_pattern",
        "float8": "prediction_confidence",
    }.items()
    for name in names.split()
)


def _relationships(which: str) -> str:
    return f"""(
    SELECT e.world_id, e.relationship_id AS id, e.npc_id, e.target_player_id, e.relationship_type,
           l.score AS trust_score, {{as_of}} AS trust_at, e.known_since AS created_at,
           greatest(e.recorded_at, l.recorded_at) AS updated_at, {{as_of}} AS as_of, {FORGOTTEN}
      FROM (SELECT DISTINCT ON (npc_id, target_player_id) * FROM relationship_events
             WHERE world_id = {{world_id}} AND {which} AND recorded_at <= {{as_of}}
             ORDER BY npc_id, target_player_id, recorded_at DESC, event_id DESC) e
     CROSS JOIN LATERAL (
           SELECT as_score(coalesce(sum(points) FILTER (WHERE counts), 0)) AS score,
                  max(recorded_at) AS recorded_at
             FROM (SELECT faded(points, half_life_seconds, occurred_at, {{as_of}}) AS points, recorded_at,
                          occurred_at <= {{as_of}} AND coalesce(expires_at > {{as_of}}, true) AS counts
                     FROM trust_events
                    WHERE world_id = e.world_id AND npc_id = e.npc_id AND recorded_at <= {{as_of}}
                      AND target_player_id = e.target_player_id) f) l
     WHERE e.relationship_type IS NOT NULL)"""


RELATIONSHIP_BY_PAIR = _past(
    relationships.BY_PAIR, _relationships("npc_id = {npc_id} AND target_player_id = {target_player_id}")
)
RELATIONSHIPS_OF_NPC = _past(relationships.OF_NPC, _relationships("npc_id = {npc_id}"))
RELATIONSHIPS_TOWARDS_PLAYER = _past(
    relationships.TOWARDS_PLAYER, _relationships("target_player_id = {target_player_id}")
)
RELATIONSHIPS_OF_WORLD = _past(relationships.OF_WORLD, _relationships("true"))

# Members ----------------------------------------------------------------------------------------------------


def _memberships(whose: str) -> str:
    """The memberships whose last event by the moment is theirs; a corrected one may have been another's."""
    return f"""(
    SELECT e.*, {{as_of}} AS as_of
      FROM (SELECT DISTINCT ON (member_id) * FROM membership_events
             WHERE world_id = {{world_id}} AND recorded_at <= {{as_of}}
               AND member_id IN (
                   SELECT member_id FROM membership_events WHERE world_id = {{world_id}} AND {whose})
             ORDER BY member_id, recorded_at DESC, event_id DESC) e
     WHERE e.role IS NOT NULL)"""


MEMBERSHIP_BY_ID = _past(alliances.MEMBERSHIP_BY_ID, _memberships("member_id = {member_id}"))
MEMBERSHIPS_OF_ALLIANCE = _past(
    alliances.MEMBERSHIPS_OF_ALLIANCE, _memberships("alliance_id = {alliance_id}")
)
MEMBERSHIPS_OF_PLAYER = _past(alliances.MEMBERSHIPS_OF_PLAYER, _memberships("player_id = {player_id}"))
# The players are shown as they are now: only who they are goes by the moment.
MEMBERS_OF_ALLIANCE = replace(
    players.OF_ALLIANCE,
    source=f"""(
    SELECT p.*, m.alliance_id AS member_of, m.as_of
      FROM {_memberships("alliance_id = {member_of}")} m
      JOIN players p ON p.world_id = m.world_id AND p.player_id = m.player_id
     WHERE m.left_at IS NULL OR m.left_at > m.as_of)""",
    key=("world_id", "member_of", AS_OF),
)

# Treaties ---------------------------------------------------------------------------------------------------

IN_FORCE = "(t.status = 'active' AND (t.ends_at IS NULL OR t.ends_at > t.as_of))"
FILTERS = tuple(
    Filter(one.name, one.kind, f"{IN_FORCE} = {{}}", one.description) if one.name == "in_force" else one
    for one in treaties.FILTERS
)


def _treaties(which: str, *, party: str = "", name: str = "") -> str:
    """The treaties as their last states by the moment say; of one party, those that name it then."""
    shown, whose = "", ""
    if party:
        shown = f", {{{name}}}::int AS {name}"
        whose = f"AND {party} IN (e.a_party, e.b_party)"
        which = f"""treaty_id IN (SELECT treaty_id FROM treaty_states WHERE world_id = {{world_id}}
                                 AND (a_party = {party} OR b_party = {party}))"""
    return f"""(
    SELECT s.*, {{as_of}} AS as_of{shown}
      FROM (SELECT DISTINCT ON (treaty_id) state, a_party, b_party FROM treaty_states
             WHERE world_id = {{world_id}} AND {which} AND recorded_at <= {{as_of}}
             ORDER BY treaty_id, recorded_at DESC, state_id DESC) e
     CROSS JOIN LATERAL jsonb_populate_record(
           NULL::treaties, e.state || jsonb_build_object('world_id', {{world_id}})) s
     WHERE e.state IS NOT NULL {whose})"""


def _past_treaties(now: Read[Any], source: str) -> Read[Any]:
    return _past(now, source, instead=(("is_in_force", IN_FORCE),), filters=FILTERS if now.filters else ())


TREATY_BY_ID = _past_treaties(treaties.BY_ID, _treaties("treaty_id = {treaty_id}"))
TREATIES_OF_WORLD = _past_treaties(treaties.OF_WORLD, _treaties("true"))
TREATIES_OF_PLAYER = _past_treaties(
    treaties.OF_PLAYER, _treaties("", party="'p' || {party_player_id}", name="party_player_id")
)
TREATIES_OF_ALLIANCE = _past_treaties(
    treaties.OF_ALLIANCE, _treaties("", party="'a' || {party_alliance_id}", name="party_alliance_id")
)

# Changes ----------------------------------------------------------------------------------------------------

CHANGES_OF_WORLD = replace(
    changes.OF_WORLD,
    source="(SELECT *, {as_of} AS as_of FROM graph_changes WHERE recorded_at <= {as_of})",
    key=("world_id", AS_OF),
)
