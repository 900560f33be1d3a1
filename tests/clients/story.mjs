// What the stories know: where the server is, and who lives in the world of this test.
export const facts = JSON.parse(process.env.ENTENTE)
export const socketUrl = facts.url.replace('http:', 'ws:')

export const PLAYER = /* GraphQL */ `
  query Player($worldId: String!, $playerId: Int!) {
    player(worldId: $worldId, playerId: $playerId) { id name population world { id name } }
  }`

export const TRUSTS = /* GraphQL */ `
  query Trusts($worldId: String!, $npcId: Int!, $first: Int = 5) {
    npc(npcId: $npcId) {
      id
      relationships(worldId: $worldId, first: $first) { nodes { id trustScore player { id name } } }
    }
  }`

export const ADJUST = /* GraphQL */ `
  mutation Adjust($input: AdjustTrustInput!) {
    adjustTrust(input: $input) {
      __typename
      ... on Relationship { id trustScore }
      ... on Refusal { code message }
    }
  }`

export const LEAVE = /* GraphQL */ `
  mutation Leave($input: LeaveAllianceInput!) {
    leaveAlliance(input: $input) {
      __typename
      ... on Membership { id player { id alliance { id } } }
      ... on Refusal { code message }
    }
  }`

export const WATCH = /* GraphQL */ `
  subscription Watch($worldId: String!) { worldChanged(worldId: $worldId) { id version players { totalCount } } }`

export const UNHEARD_OF = /* GraphQL */ `query { unheardOf }`

const { worldId, npcId, belaId, ottoId } = facts
export const bela = { worldId, playerId: belaId }
export const otto = { worldId, playerId: ottoId }
export const trusts = { worldId, npcId }
export const gift = (points) => ({ input: { worldId, npcId, targetPlayerId: ottoId, points } })
export const leaving = (asPlayerId) => ({ input: { worldId, asPlayerId } })

/** fetch, which notes what it sends. */
export function noting(sent) {
  return (address, options = {}) => {
    sent.push({ address: String(address), method: options.method ?? 'GET', body: options.body })
    return fetch(address, options)
  }
}
