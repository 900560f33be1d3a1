// Mercurius over Fastify: batched loaders, postgres.js, and every operation compiled after its first run.

import Fastify from 'fastify'
import mercurius from 'mercurius'
import postgres from 'postgres'

const text = { to: 25, serialize: String }
const sql = postgres({
  // The address is in PGHOST and its siblings.
  max: 16,
  connection: { application_name: 'mercurius', TimeZone: 'UTC' },
  types: {
    whole: { ...text, from: [20], parse: Number },
    moment: { ...text, from: [1184], parse: (value) => value.replace(' ', 'T') + ':00' },
  },
})
const run = (statement, ...values) => sql.unsafe(statement, values, { prepare: true })

const schema = `
  scalar BigInt
  scalar DateTime
  scalar JSON
  enum NpcTribe { ROMANS GAULS TEUTONS }
  enum Personality { AGGRESSIVE ECONOMIC BALANCED DIPLOMAT ASSASSIN }
  enum RelationshipType { ALLY ENEMY NEUTRAL TRADING_PARTNER VASSAL OVERLORD }
  enum TreatyType { NAP CONFEDERACY TRADE_AGREEMENT VASSALAGE WAR }
  enum TreatyStatus { PROPOSED ACTIVE DECLINED EXPIRED CANCELLED BROKEN }
  enum MemoryType {
    BATTLE TRADE MESSAGE ALLIANCE_EVENT STRATEGIC_DECISION BUILDING_COMPLETED VILLAGE_FOUNDED TREATY_SIGNED
    TREATY_BROKEN PLAYER_INTERACTION
  }
  type World { worldId: String! name: String! npcs(first: Int! = 20): NpcConnection! }
  type Npc {
    npcId: Int! name: String! tribe: NpcTribe! personality: Personality! active: Boolean!
    createdAt: DateTime! lastActive: DateTime! notes: String
    player(worldId: String!): Player
    relationships(worldId: String!, first: Int! = 20): RelationshipConnection!
    memories(worldId: String!, first: Int! = 20): MemoryConnection!
  }
  type Player {
    playerId: Int! name: String! tribe: String! population: BigInt! villageCount: Int!
    alliance: Alliance
    treaties(first: Int! = 20): TreatyConnection!
  }
  type Alliance { allianceId: Int! name: String! tag: String! totalMembers: Int! createdAt: DateTime! }
  type Relationship {
    npcId: Int! trustScore: Int! trustAt: DateTime! relationshipType: RelationshipType! totalInteractions: Int!
    player: Player!
  }
  union Party = Player | Alliance
  type Treaty {
    treatyId: BigInt! type: TreatyType! status: TreatyStatus! terms: JSON! proposedAt: DateTime! endsAt: DateTime
    parties: [Party!]!
  }
  type Memory {
    memoryId: BigInt! memoryType: MemoryType! eventData: JSON! importance: Float! emotionalWeight: Float!
    occurredAt: DateTime!
  }
  type NpcConnection { nodes: [Npc!]! }
  type RelationshipConnection { nodes: [Relationship!]! }
  type MemoryConnection { nodes: [Memory!]! }
  type TreatyConnection { nodes: [Treaty!]! }
  type Query { npc(npcId: Int!): Npc world(worldId: String!): World }
`

const NPC = `n.id AS "npcId", n.name, n.tribe, n.personality, n.active, n.created_at AS "createdAt",
  n.last_active AS "lastActive", n.notes`
const PLAYER = `p.world_id AS "worldId", p.player_id AS "playerId", p.name, p.tribe, p.population,
  p.village_count AS "villageCount", p.alliance_id AS "allianceId", p.npc_id AS "npcId"`
const ALLIANCE = `a.world_id AS "worldId", a.alliance_id AS "allianceId", a.name, a.tag,
  a.total_members AS "totalMembers", a.created_at AS "createdAt"`
const RELATIONSHIP = `r.world_id AS "worldId", r.npc_id AS "npcId", r.target_player_id AS "targetPlayerId",
  r.trust_score AS "trustScore", r.trust_at AS "trustAt", r.relationship_type AS "relationshipType",
  r.total_interactions AS "totalInteractions"`
const TREATY = `t.world_id AS "worldId", t.treaty_id AS "treatyId", t.type, t.status, t.terms, t.proposed_at AS "proposedAt",
  t.ends_at AS "endsAt", t.a_player_id AS "aPlayerId", t.a_alliance_id AS "aAllianceId", t.b_player_id AS "bPlayerId",
  t.b_alliance_id AS "bAllianceId"`
const MEMORY = `m.npc_id AS "npcId", m.id AS "memoryId", m.memory_type AS "memoryType", m.event_data AS "eventData",
  m.importance, m.emotional_weight AS "emotionalWeight", m.occurred_at AS "occurredAt"`

const NPC_BY_ID = `SELECT ${NPC} FROM npcs n WHERE n.id = $1`
const WORLD_BY_ID = 'SELECT w.world_id AS "worldId", w.name FROM worlds w WHERE w.world_id = $1'
const NPCS_OF_WORLD = `SELECT ${NPC} FROM npcs n JOIN npc_world_state s ON s.npc_id = n.id
  WHERE s.world_id = $1 ORDER BY n.name, n.id LIMIT $2`
const PLAYERS = `SELECT ${PLAYER} FROM players p WHERE p.world_id = $1 AND p.player_id = ANY ($2::int[])`
const PLAYERS_OF_NPCS = `SELECT ${PLAYER} FROM players p WHERE p.world_id = $1 AND p.npc_id = ANY ($2::int[])`
const ALLIANCES = `SELECT ${ALLIANCE} FROM alliances a WHERE a.world_id = $1 AND a.alliance_id = ANY ($2::int[])`
const RELATIONSHIPS = `SELECT l.* FROM unnest($2::int[]) AS k (id) CROSS JOIN LATERAL (
  SELECT ${RELATIONSHIP} FROM npc_relationships r WHERE r.world_id = $1 AND r.npc_id = k.id
   ORDER BY r.trust_score DESC, r.target_player_id DESC LIMIT $3) l`
const TREATIES = `SELECT l.* FROM unnest($2::int[]) AS k (id) CROSS JOIN LATERAL (
  SELECT ${TREATY}, t.party_player_id AS "partyPlayerId" FROM treaty_parties t
   WHERE t.world_id = $1 AND t.party_player_id = k.id ORDER BY t.proposed_at DESC, t.treaty_id DESC LIMIT $3) l`
const MEMORIES = `SELECT l.* FROM unnest($2::int[]) AS k (id) CROSS JOIN LATERAL (
  SELECT ${MEMORY} FROM npc_memory m WHERE m.world_id = $1 AND m.npc_id = k.id
   ORDER BY m.occurred_at DESC, m.id DESC LIMIT $3) l`

/** Those that belong together in one statement: the same world, and as many rows of each. */
function together (keys) {
  const groups = new Map()
  for (const key of keys) {
    const name = `${key.worldId} ${key.first}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [key])
    else group.push(key)
  }
  return groups.values()
}

/** For each key its row, or null; `column` is where the row tells its id. */
async function rows (statement, column, keys) {
  const found = new Map()
  for (const group of together(keys.filter((key) => key.id !== null))) {
    const ids = [...new Set(group.map((key) => key.id))]
    for (const row of await run(statement, group[0].worldId, ids)) found.set(`${group[0].worldId} ${row[column]}`, row)
  }
  return keys.map((key) => found.get(`${key.worldId} ${key.id}`) ?? null)
}

/** For each key a page of its rows. */
async function pages (statement, column, keys) {
  for (const group of together(keys)) {
    const nodes = new Map(group.map((key) => [key.id, []]))
    const { worldId, first } = group[0]
    for (const row of await run(statement, worldId, [...nodes.keys()], first)) nodes.get(row[column]).push(row)
    for (const key of group) key.page = { nodes: nodes.get(key.id) }
  }
  return keys.map((key) => key.page)
}

const ofNpc = ({ obj, params }) => ({ worldId: params.worldId, id: obj.npcId, first: params.first })
const players = (keys) => rows(PLAYERS, 'playerId', keys)
const alliances = (keys) => rows(ALLIANCES, 'allianceId', keys)

/** For each treaty both its parties, side A first. */
async function parties (asked) {
  const sides = asked.flatMap(({ obj }) => [[obj.aPlayerId, obj.aAllianceId], [obj.bPlayerId, obj.bAllianceId]]
    .map(([playerId, allianceId]) => ({ worldId: obj.worldId, playerId, allianceId })))
  const [asPlayers, asAlliances] = await Promise.all([
    players(sides.map(({ worldId, playerId }) => ({ worldId, id: playerId }))),
    alliances(sides.map(({ worldId, allianceId }) => ({ worldId, id: allianceId }))),
  ])
  const found = asPlayers.map((player, place) => player ?? asAlliances[place])
  return asked.map((_, place) => found.slice(2 * place, 2 * place + 2))
}

// Mercurius' own cache serialises every parent to find it again; these loaders leave duplicates out themselves.
const once = (loader) => ({ loader, opts: { cache: false } })
const loaders = {
  Npc: {
    player: once((asked) => rows(PLAYERS_OF_NPCS, 'npcId', asked.map(ofNpc))),
    relationships: once((asked) => pages(RELATIONSHIPS, 'npcId', asked.map(ofNpc))),
    memories: once((asked) => pages(MEMORIES, 'npcId', asked.map(ofNpc))),
  },
  Player: {
    alliance: once((asked) => alliances(asked.map(({ obj }) => ({ worldId: obj.worldId, id: obj.allianceId })))),
    treaties: once((asked) => pages(TREATIES, 'partyPlayerId',
      asked.map(({ obj, params }) => ({ worldId: obj.worldId, id: obj.playerId, first: params.first })))),
  },
  Relationship: {
    player: once((asked) => players(asked.map(({ obj }) => ({ worldId: obj.worldId, id: obj.targetPlayerId })))),
  },
  Treaty: { parties: once(parties) },
}

// The database holds romans as 'Romans' and allies as 'ally'.
const stored = { serialize: (value) => value.toUpperCase() }

const resolvers = {
  Query: {
    npc: async (_, { npcId }) => (await run(NPC_BY_ID, npcId))[0] ?? null,
    world: async (_, { worldId }) => (await run(WORLD_BY_ID, worldId))[0] ?? null,
  },
  World: { npcs: async ({ worldId }, { first }) => ({ nodes: await run(NPCS_OF_WORLD, worldId, first) }) },
  Party: { resolveType: (row) => ('playerId' in row ? 'Player' : 'Alliance') },
  NpcTribe: stored,
  Personality: stored,
  RelationshipType: stored,
  TreatyType: stored,
  TreatyStatus: stored,
  MemoryType: stored,
}

const app = Fastify({ logger: false })
app.register(mercurius, { schema, resolvers, loaders, jit: 1, graphiql: false })
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
