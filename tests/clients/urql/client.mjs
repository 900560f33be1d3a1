// A client as the documentation of urql has it, for each story a new one.
import { readFileSync } from 'node:fs'
import { Client, fetchExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { buildSchema, introspectionFromSchema } from 'graphql'
import { facts, noting } from '../story.mjs'

const schema = introspectionFromSchema(buildSchema(readFileSync('../../schema.graphql', 'utf8')))

// What has an id is an entity; pages, answers and refusals stand where they were asked for.
const keys = new Proxy({}, { get: () => (data) => data.id ?? null, has: () => true })

export function client({ sent = [], before = [], after = [], ...options } = {}) {
  return new Client({
    url: facts.url,
    fetch: noting(sent),
    preferGetMethod: false,
    exchanges: [cacheExchange({ schema, keys }), ...before, fetchExchange, ...after],
    ...options,
  })
}
