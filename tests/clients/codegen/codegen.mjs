// What graphql-codegen makes of our schema: the types of the scalars are told once, here.
export default {
  schema: 'schema.graphql',
  documents: process.env.DOCUMENTS,
  importExtension: '.ts',
  generates: {
    'generated/': {
      preset: 'client',
      presetConfig: {
        persistedDocuments: { hashAlgorithm: 'sha256' },
        fragmentMasking: { unmaskFunctionName: 'read' },
      },
      config: {
        documentMode: 'string',
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
        scalars: { BigInt: 'number', DateTime: 'string', JSON: 'unknown', UUID: 'string' },
      },
    },
  },
}
