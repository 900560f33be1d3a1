// urql asks, is told of errors, and keeps its cache.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ADJUST, LEAVE, PLAYER, TRUSTS, UNHEARD_OF, bela, facts, gift, leaving, otto, trusts } from '../story.mjs'
import { client } from './client.mjs'

test('a question with variables is answered, and then from the cache', async () => {
  const sent = []
  const urql = client({ sent })
  const { data } = await urql.query(PLAYER, bela)
  await urql.query(PLAYER, bela)

  assert.equal(data.player.population, 900)
  assert.equal(sent.length, 1)
})

test('a mutation moves what is being watched, without another question', async () => {
  const sent = []
  const urql = client({ sent })
  const seen = []
  const watched = urql.query(TRUSTS, trusts).subscribe(({ data }) =>
    seen.push(data?.npc.relationships.nodes[0].trustScore))
  await urql.query(TRUSTS, trusts)
  const { data } = await urql.mutation(ADJUST, gift(5))
  watched.unsubscribe()

  assert.equal(data.adjustTrust.__typename, 'Relationship')
  assert.deepEqual(seen, [10, 15])
  assert.equal(sent.filter(({ body }) => body.includes('query Trusts')).length, 1)
})

test('after a mutation one may ask again', async () => {
  const urql = client()
  const members = `query Members($worldId: String!, $allianceId: Int!) {
    alliance(worldId: $worldId, allianceId: $allianceId) { id totalMembers }
  }`
  const variables = { worldId: facts.worldId, allianceId: facts.allianceId }
  const before = await urql.query(members, variables)
  await urql.mutation(LEAVE, leaving(facts.ottoId))
  const after = await urql.query(members, variables, { requestPolicy: 'network-only' })

  assert.deepEqual([before, after].map(({ data }) => data.alliance.totalMembers), [2, 1])
})

test('what the rules refuse is data', async () => {
  const { data, error } = await client().mutation(LEAVE, leaving(99))

  assert.equal(error, undefined)
  assert.deepEqual([data.leaveAlliance.__typename, data.leaveAlliance.code], ['Refusal', 'NOT_FOUND'])
})

test('an error in a field comes beside the rest of the answer', async () => {
  const mixed = `query Mixed($worldId: String!, $playerId: Int!, $npcId: Int!) {
    player(worldId: $worldId, playerId: $playerId) { id name }
    npc(npcId: $npcId) { id relationships(worldId: $worldId, first: 101) { nodes { id } } }
  }`
  const { data, error } = await client().query(mixed, { ...otto, npcId: facts.npcId })

  assert.ok(data.player.name)
  assert.equal(data.npc, null)
  assert.deepEqual(error.graphQLErrors[0].path, ['npc', 'relationships'])
  assert.equal(error.graphQLErrors[0].extensions.code, 'BAD_USER_INPUT')
})

test('a question that is none is refused with what is wrong with it', async () => {
  const { data, error } = await client().query(UNHEARD_OF, {})

  assert.equal(data, undefined)
  assert.match(error.graphQLErrors[0].message, /Cannot query field 'unheardOf'/)
})

for (const preferGetMethod of [true, 'force', 'within-url-limit']) {
  test(`a question may come by GET (${preferGetMethod})`, async () => {
    const sent = []
    const { data, error } = await client({ sent, preferGetMethod }).query(PLAYER, bela)

    assert.equal(error, undefined)
    assert.ok(data.player.id)
    assert.deepEqual(sent.map(({ method }) => method), ['GET'])
  })
}
