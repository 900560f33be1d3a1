// urql watches a world, over a WebSocket and over server-sent events.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subscriptionExchange } from '@urql/core'
import * as sse from 'graphql-sse'
import * as ws from 'graphql-ws'
import { ADJUST, WATCH, facts, gift, socketUrl } from '../story.mjs'
import { client } from './client.mjs'

/** The versions of the world: the one there is, and the one after a mutation. */
async function versions(urql, points) {
  return new Promise((done, failed) => {
    const seen = []
    const watching = urql.subscription(WATCH, { worldId: facts.worldId }).subscribe(({ data, error }) => {
      if (error) return failed(error)
      seen.push(data.worldChanged.version)
      if (seen.length === 1) client().mutation(ADJUST, gift(points)).then()
      // Later, since urql leaves a rejection to nobody when it is told to stop while it tells us something.
      if (seen.length === 2) setImmediate(() => { watching.unsubscribe(); done(seen) })
    })
  })
}

const over = (protocol) => subscriptionExchange({
  forwardSubscription: (asked) => ({
    subscribe: (sink) => ({ unsubscribe: protocol.subscribe({ ...asked, query: asked.query ?? '' }, sink) }),
  }),
})

test('a world is watched over a WebSocket', async () => {
  const socket = ws.createClient({ url: socketUrl })
  const [before, after] = await versions(client({ before: [over(socket)] }), 1)
  await socket.dispose()

  assert.equal(after, before + 1)
})

test('a world is watched over server-sent events', async () => {
  const events = sse.createClient({ url: facts.url })
  const [before, after] = await versions(client({ before: [over(events)] }), 2)
  events.dispose()

  assert.equal(after, before + 1)
})

test('a world is watched with what urql has itself', async () => {
  const [before, after] = await versions(client({ fetchSubscriptions: true }), 3)

  assert.equal(after, before + 1)
})
