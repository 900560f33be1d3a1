// A client as the documentation of urql has it, for each story a new one.
import { Client, fetchExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { facts, noting } from '../story.mjs'

// What has an id is an entity; pages, answers and refusals stand where they were asked for.
const keys = new Proxy({}, { get: () => (data) => data.id ?? null, has: () => true })

export function client({ sent = [], before = [], after = [], ...options } = {}) {
  return new Client({
    url: facts.url,
    fetch: noting(sent),
    preferGetMethod: false,
    exchanges: [cacheExchange({ keys }), ...before, fetchExchange, ...after],
    ...options,
  })
}
