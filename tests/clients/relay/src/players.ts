// The players of a world: a connection that is paged through, and a card for each that can be asked for anew.
declare function graphql(text: TemplateStringsArray): unknown

export const screen = graphql`
  query playersQuery($worldId: String!) {
    world(worldId: $worldId) {
      ...players_world
    }
  }
`

export const page = graphql`
  fragment players_world on World
  @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" })
  @refetchable(queryName: "playersPageQuery") {
    players(first: $first, after: $after, orderBy: NAME) @connection(key: "players_players") {
      totalCount
      edges {
        node {
          ...players_card
        }
      }
    }
  }
`

export const card = graphql`
  fragment players_card on Player @refetchable(queryName: "playersCardQuery") {
    name
    population
    alliance {
      tag
    }
  }
`
