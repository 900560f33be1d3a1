// A program that knows the types of what it asks, and of what comes back.
import { read } from './generated/fragment-masking.ts'
import {
  BreakTreatyDocument, FeelingFragmentDoc, PlayerByIdsDocument, PlayerCardFragmentDoc, TrustDocument,
} from './generated/graphql.ts'
import type { BreakTreatyInput, TrustLevel, TypedDocumentString } from './generated/graphql.ts'

declare const process: { env: Record<string, string | undefined> }

const { url, worldId, npcId, belaId, treatyId, byId } = JSON.parse(process.env['ENTENTE'] ?? '{}') as {
  url: string, worldId: string, npcId: number, belaId: number, treatyId: number, byId: boolean,
}

async function ask<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data> {
  const what = byId ? { documentId: document.__meta__?.['hash'] } : { query: document.toString() }
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...what, variables }),
  })
  const { data, errors } = await answer.json() as { data: Data, errors?: unknown }
  if (errors) throw new Error(JSON.stringify(errors))
  return data
}

async function nameOf(playerId: number): Promise<string | null> {
  const { player } = await ask(PlayerByIdsDocument, { worldId, playerId })
  const card = read(PlayerCardFragmentDoc, player)
  return card && `${card.name} [${card.alliance?.tag ?? '-'}] ${card.population.toFixed()}`
}

async function felt(level: TrustLevel): Promise<string[]> {
  const { npc } = await ask(TrustDocument, { worldId, npcId })
  const feelings = npc?.relationships.nodes.map((one) => read(FeelingFragmentDoc, one)) ?? []
  return feelings.filter((one) => one.trustLevel === level).map((one) => one.player.name)
}

async function end(input: BreakTreatyInput): Promise<string> {
  const { breakTreaty } = await ask(BreakTreatyDocument, { input })
  return breakTreaty?.__typename === 'Refusal' ? breakTreaty.code : 'broken'
}

// @ts-expect-error: a player is asked for by a number.
export const wrong = () => ask(PlayerByIdsDocument, { worldId, playerId: 'Bela' })

const pact = { worldId, asPlayerId: belaId, treatyId }
console.log(JSON.stringify([await nameOf(belaId), await felt('NEUTRAL'), await end(pact), await end(pact)]))
