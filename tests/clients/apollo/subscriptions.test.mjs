// Apollo Client watches a world, over a WebSocket and over server-sent events.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApolloLink, Observable, gql } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { print } from 'graphql'
import * as sse from 'graphql-sse'
import * as ws from 'graphql-ws'
import { ADJUST, WATCH, facts, gift, socketUrl } from '../story.mjs'
import { client } from './client.mjs'

/** The versions of the world: the one there is, and the one after a mutation. */
async function versions(apollo, points) {
  const watched = apollo.subscribe({ query: gql(WATCH), variables: { worldId: facts.worldId } })
  return new Promise((done, failed) => {
    const seen = []
    const watching = watched.subscribe({
      error: failed,
      next({ data, error }) {
        if (error) failed(error)
        seen.push(data.worldChanged.version)
        if (seen.length === 1) client().mutate({ mutation: gql(ADJUST), variables: gift(points) }).catch(failed)
        if (seen.length === 2) { watching.unsubscribe(); done(seen) }
      },
    })
  })
}

test('a world is watched over a WebSocket', async () => {
  const socket = ws.createClient({ url: socketUrl })
  const [before, after] = await versions(client(() => new GraphQLWsLink(socket)), 1)
  await socket.dispose()

  assert.equal(after, before + 1)
})

test('a world is watched over server-sent events', async () => {
  const events = sse.createClient({ url: facts.url })
  const link = new ApolloLink((operation) => new Observable((sink) =>
    events.subscribe({ ...operation, query: print(operation.query) }, sink)))
  const [before, after] = await versions(client(() => link), 2)
  events.dispose()

  assert.equal(after, before + 1)
})
