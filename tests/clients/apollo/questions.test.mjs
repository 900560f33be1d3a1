// Apollo Client asks, is told of errors, and keeps its cache.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CombinedGraphQLErrors, HttpLink, gql } from '@apollo/client'
import { BatchHttpLink } from '@apollo/client/link/batch-http'
import {
  ADJUST, LEAVE, PLAYER, TRUSTS, UNHEARD_OF, bela, facts, gift, leaving, otto, trusts,
} from '../story.mjs'
import { client } from './client.mjs'

const query = gql(PLAYER)

test('a question with variables is answered, and then from the cache', async () => {
  const sent = []
  const apollo = client(null, sent)
  const { data } = await apollo.query({ query, variables: bela })
  await apollo.query({ query, variables: bela })

  assert.equal(data.player.population, 900)
  assert.equal(data.player.world.name, facts.worldId)
  assert.equal(sent.length, 1)
})

test('what has one id is one thing in the cache', async () => {
  const apollo = client()
  const player = (await apollo.query({ query, variables: otto })).data.player
  await apollo.query({ query: gql(TRUSTS), variables: trusts })
  const byNode = gql`query Again($id: ID!) { node(id: $id) { id ... on Player { name tribe } } }`
  const again = await apollo.query({ query: byNode, variables: { id: player.id } })

  const kept = apollo.cache.extract()
  assert.equal(again.data.node.name, player.name)
  assert.equal(Object.keys(kept).filter((key) => key.startsWith('Player:')).length, 1)
  assert.deepEqual([kept[`Player:${player.id}`].population, kept[`Player:${player.id}`].tribe], [800, 'GAULS'])
})

test('a mutation moves what is being watched, without another question', async () => {
  const sent = []
  const apollo = client(null, sent)
  const watched = apollo.watchQuery({ query: gql(TRUSTS), variables: trusts })
  const seen = []
  const told = new Promise((done) => {
    watched.subscribe(({ data }) => {
      if (data?.npc) seen.push(data.npc.relationships.nodes[0].trustScore)
      if (seen.at(-1) === 15) done()
    })
  })
  await watched.refetch()
  const { data } = await apollo.mutate({ mutation: gql(ADJUST), variables: gift(5) })
  await told

  assert.equal(data.adjustTrust.__typename, 'Relationship')
  assert.deepEqual([...new Set(seen)], [10, 15])
  assert.equal(sent.filter(({ body }) => body.includes('query Trusts')).length, 1)
})

test('a mutation may ask again for what it does not return', async () => {
  const apollo = client()
  const members = gql`query Members($worldId: String!, $allianceId: Int!) {
    alliance(worldId: $worldId, allianceId: $allianceId) { id totalMembers }
  }`
  const variables = { worldId: facts.worldId, allianceId: facts.allianceId }
  await apollo.query({ query: members, variables })
  await apollo.mutate({
    mutation: gql(LEAVE), variables: leaving(facts.ottoId),
    refetchQueries: [{ query: members, variables }], awaitRefetchQueries: true,
  })

  assert.equal(apollo.readQuery({ query: members, variables }).alliance.totalMembers, 1)
})

test('what the rules refuse is data', async () => {
  const { data, error } = await client().mutate({ mutation: gql(LEAVE), variables: leaving(99) })

  assert.equal(error, undefined)
  assert.deepEqual([data.leaveAlliance.__typename, data.leaveAlliance.code], ['Refusal', 'NOT_FOUND'])
})

test('an error in a field comes beside the rest of the answer', async () => {
  const mixed = gql`query Mixed($worldId: String!, $playerId: Int!, $npcId: Int!) {
    player(worldId: $worldId, playerId: $playerId) { id name }
    npc(npcId: $npcId) { id relationships(worldId: $worldId, first: 101) { nodes { id } } }
  }`
  const asked = { query: mixed, variables: { ...bela, npcId: facts.npcId }, errorPolicy: 'all' }
  const { data, error } = await client().query(asked)

  assert.ok(data.player.name)
  assert.equal(data.npc, null)
  assert.ok(CombinedGraphQLErrors.is(error))
  assert.deepEqual(error.errors[0].path, ['npc', 'relationships'])
  assert.equal(error.errors[0].extensions.code, 'BAD_USER_INPUT')
})

test('a question that is none is refused with what is wrong with it', async () => {
  const refused = client().query({ query: gql(UNHEARD_OF) })

  await assert.rejects(refused, (error) =>
    CombinedGraphQLErrors.is(error) && error.message.includes("Cannot query field 'unheardOf'"))
})

test('a question may come by GET', async () => {
  const sent = []
  const apollo = client((options) => new HttpLink({ ...options, useGETForQueries: true }), sent)
  const { data } = await apollo.query({ query, variables: bela })

  assert.ok(data.player.id)
  assert.deepEqual(sent.map(({ method }) => method), ['GET'])
})

test('several questions share a request', async () => {
  const sent = []
  const apollo = client((options) => new BatchHttpLink({ ...options, batchInterval: 20 }), sent)
  const asked = [bela, otto].map((variables) => apollo.query({ query, variables }))
  const names = (await Promise.all(asked)).map(({ data }) => data.player.name.split(' ')[0])

  assert.deepEqual(names, ['Bela', 'Otto'])
  assert.equal(sent.length, 1)
})
