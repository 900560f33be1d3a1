# type: ignore
"""A program with the types that sgqlc made of our schema, and with operations made from text and by hand."""

import json
import os
import sys

from operations import Operations
from sgqlc.endpoint.http import HTTPEndpoint
from sgqlc.operation import Operation

from schema import schema

facts = json.loads(os.environ["ENTENTE"])
endpoint = HTTPEndpoint(facts["url"])
world = facts["worldId"]


def trusts():
    """The scores of an NPC, from an operation that was made from text."""
    operation = Operations.query.trusts
    answer = operation + endpoint(operation, {"worldId": world, "npcId": facts["npcId"]})
    return [(one.player.name, one.trust_score) for one in answer.npc.relationships.nodes]


def end():
    """What comes of breaking a treaty: a union, of which sgqlc makes the class that it is."""
    operation = Operations.mutation.break_
    pact = {"worldId": world, "asPlayerId": facts["belaId"], "treatyId": facts["treatyId"]}
    result = (operation + endpoint(operation, {"input": pact})).break_treaty
    return [result.__typename__, str(getattr(result, "status", None) or result.code)]


def player():
    """An operation by hand."""
    operation = Operation(schema.query_type)
    asked = operation.player(world_id=world, player_id=facts["belaId"])
    asked.__fields__("name", "population")
    asked.alliance.tag()
    found = (operation + endpoint(operation)).player
    return [found.name, found.population, found.alliance.tag]


def unknown():
    """What comes back for an operation that asks for too much of a field."""
    operation = Operation(schema.query_type)
    operation.players(world_id=world, first=101).total_count()
    [error] = endpoint(operation)["errors"]
    return error["extensions"]["code"]


sys.stdout.write(json.dumps([player(), trusts(), end(), end(), unknown()]))
