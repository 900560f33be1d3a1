import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  publicDir: false,
  logLevel: 'warn',
  experimental: {
    // A page lives at …/graphql and its files at …/static/, so that both work behind any path prefix.
    renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? `static/${file}` : { relative: true }),
  },
  worker: { format: 'es' },
  build: {
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 8192,
    emptyOutDir: true,
    license: { fileName: 'licenses.md' },
    modulePreload: { polyfill: false },
    sourcemap: false,
    target: 'es2022',
    rolldownOptions: {
      input: { graphiql: 'graphiql.html' },
      checks: { moduleLevelDirective: false },
    },
  },
});
