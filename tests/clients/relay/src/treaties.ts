// What an NPC feels and has promised: unions, mutations with refusals, and what they do to the connection.
declare function graphql(text: TemplateStringsArray): unknown

export const screen = graphql`
  query treatiesQuery($worldId: String!, $id: ID!) {
    node(id: $id) {
      __typename
      ... on Npc {
        relationships(worldId: $worldId, first: 5) @connection(key: "treaties_relationships") {
          edges {
            node {
              ...treaties_feeling @alias(as: "feeling")
            }
          }
        }
      }
    }
    treaties(worldId: $worldId, first: 10) @connection(key: "treaties_treaties") {
      edges {
        node {
          ...treaties_line
        }
      }
    }
  }
`

export const feeling = graphql`
  fragment treaties_feeling on Relationship {
    trustScore
    trustLevel
  }
`

export const line = graphql`
  fragment treaties_line on Treaty {
    treatyId
    status
    terms
    parties {
      __typename
      ... on Player {
        name
      }
      ... on Alliance {
        tag
      }
    }
  }
`

export const breaking = graphql`
  mutation treatiesBreakMutation($input: BreakTreatyInput!) {
    breakTreaty(input: $input) {
      __typename
      ...treaties_line @alias(as: "treaty")
      ... on Refusal {
        code
        message
      }
    }
  }
`

export const proposing = graphql`
  mutation treatiesProposeMutation($input: ProposeTreatyInput!, $connections: [ID!]!) {
    proposeTreaty(input: $input) @appendNode(connections: $connections, edgeTypeName: "TreatyEdge") {
      __typename
      ...treaties_line @alias(as: "treaty")
      ... on Refusal {
        code
        message
      }
    }
  }
`
