// What graphql-eslint recommends, for our schema and for the documents of this folder. Run it at the top level.
import graphql from '@graphql-eslint/eslint-plugin'

const rules = (...names) => Object.assign({}, ...names.map((name) => graphql.configs[`flat/${name}`].rules))

const common = {
  plugins: { '@graphql-eslint': graphql },
  languageOptions: {
    parser: graphql.parser,
    parserOptions: {
      graphQLConfig: { schema: 'schema.graphql', documents: 'tests/clients/documents/*.graphql' },
    },
  },
}

// Where our schema goes its own way, and why.
const ours = {
  // Whatever can be asked for again implements Node, which demands the id; the rest are values, such as a page.
  '@graphql-eslint/strict-id-in-types': 'off',
  // The words of the data model: `playerId` and `worldId` say which id they are wherever they stand.
  '@graphql-eslint/no-typename-prefix': 'off',
  // Short lists without an end to page to are plain lists, and each page has its rows as `nodes`, too. Changes,
  // samples and template versions are found by no id of their own.
  '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
  // All but directives: @oneOf is GraphQL's own, and is printed without its description.
  '@graphql-eslint/require-description': ['error', { types: true, rootField: true, FieldDefinition: true }],
}

export default [
  { ...common, files: ['schema.graphql'], rules: { ...rules('schema-recommended', 'schema-relay'), ...ours } },
  { ...common, files: ['tests/clients/documents/*.graphql'], rules: rules('operations-recommended') },
]
