// urql sends the hash of a question, and its text only to a server that doesn't know it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { persistedExchange } from '@urql/exchange-persisted'
import { PLAYER, bela, otto } from '../story.mjs'
import { client } from './client.mjs'

const query = PLAYER.replace('query Player', `query Persisted${process.pid}`)
const persisted = (sent, preferGetForPersistedQueries) =>
  client({ sent, before: [persistedExchange({ preferGetForPersistedQueries })] })

test('the text is sent once, and then only its hash', async () => {
  const sent = []
  await persisted(sent, false).query(query, bela)
  const { data } = await persisted(sent, false).query(query, otto)

  assert.equal(data.player.population, 800)
  assert.deepEqual(sent.map(({ body }) => 'query' in JSON.parse(body)), [false, true, false])
})

test('a hash may come by GET', async () => {
  const sent = []
  const { data } = await persisted(sent, 'force').query(query, bela)

  assert.equal(data.player.population, 900)
  assert.deepEqual(sent.map(({ method }) => method), ['GET'])
})
