// PostGraphile 5 over the tables as they are; postgraphile.sql holds what it takes to show them as others do.

import { createServer } from 'node:http'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { makeV4Preset } from 'postgraphile/presets/v4'
import { jsonPgSmartTags } from 'postgraphile/utils'

/** Columns of text that are enums, each with the table of its values. */
const ENUMS = {
  'public.npcs': { tribe: 'npc_tribes', personality: 'personalities' },
  'public.npc_relationships': { relationship_type: 'relationship_types' },
  'public.treaties': { type: 'treaty_types', status: 'treaty_statuses' },
  'public.npc_memory': { memory_type: 'memory_types' },
}

const columns = Object.entries(ENUMS)
const tables = columns.flatMap(([, enums]) => Object.values(enums))
const tags = {
  version: 1,
  config: {
    class: Object.fromEntries([
      ...columns.map(([table, enums]) => [table, {
        tags: { foreignKey: Object.entries(enums).map(([name, values]) => `(${name}) references enums.${values} (value)`) },
      }]),
      ...tables.map((table) => [`enums.${table}`, { tags: { enum: true } }]),
      ['public.graph_change', { tags: { name: 'noted_change' } }], // else its name is that of the table's rows
    ]),
  },
}

const upperCaseEnums = {
  name: 'UpperCaseEnumsPlugin',
  version: '1.0.0',
  inflection: { replace: { enumValue: (usual, _, value, codec) => usual(value, codec).toUpperCase() } },
}

const preset = {
  extends: [
    PostGraphileAmberPreset,
    makeV4Preset({ simpleCollections: 'both', disableDefaultMutations: true, dynamicJson: true }),
  ],
  plugins: [jsonPgSmartTags(tags), upperCaseEnums],
  disablePlugins: ['NodePlugin'],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ['public', 'enums'],
      poolConfig: { max: 16, idleTimeoutMillis: 0, options: '-c TimeZone=UTC' },
    }),
  ],
  grafserv: { graphiql: false, graphqlPath: '/graphql', watch: false, websockets: false },
  grafast: { explain: false },
}

const service = postgraphile(preset)
if (process.argv[2] === 'schema') {
  const { printSchema } = await import('graphql')
  console.log(printSchema(await service.getSchema()))
  process.exit()
}
const server = createServer()
await service.createServ(grafserv).addTo(server)
server.listen(Number(process.env.PORT), '127.0.0.1')
