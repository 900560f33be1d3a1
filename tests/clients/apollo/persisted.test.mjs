// Apollo Client sends the hash of a question, and its text only to a server that doesn't know it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { HttpLink, gql } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { PLAYER, bela, otto } from '../story.mjs'
import { client } from './client.mjs'

const sha256 = (text) => createHash('sha256').update(text).digest('hex')
const persisted = (useGETForHashedQueries) => (options) =>
  new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(new HttpLink(options))
const query = gql(PLAYER.replace('query Player', `query Persisted${process.pid}`))

test('the text is sent once, and then only its hash', async () => {
  const sent = []
  await client(persisted(false), sent).query({ query, variables: bela })
  const { data } = await client(persisted(false), sent).query({ query, variables: otto })

  assert.equal(data.player.population, 800)
  assert.deepEqual(sent.map(({ body }) => 'query' in JSON.parse(body)), [false, true, false])
})

test('a hash may come by GET', async () => {
  const sent = []
  const { data } = await client(persisted(true), sent).query({ query, variables: bela })

  assert.equal(data.player.population, 900)
  assert.deepEqual(sent.map(({ method }) => method), ['GET'])
  assert.ok(!sent[0].address.includes('query='))
})
