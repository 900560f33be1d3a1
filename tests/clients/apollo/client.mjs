// A client as the documentation of Apollo has it, for each story a new one.
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client'
import { facts, noting } from '../story.mjs'

const POSSIBLE = { Party: ['Player', 'Alliance'] }

export function client(link, sent = []) {
  const made = link?.({ uri: facts.url, fetch: noting(sent) }) ?? new HttpLink({ uri: facts.url, fetch: noting(sent) })
  return new ApolloClient({ link: made, cache: new InMemoryCache({ possibleTypes: POSSIBLE }) })
}
