// node client.mjs '{"over": "ws", "url": …, "query": …}': a line of JSON for everything that the reference client
// is told. Options: variables, key, times (how often it subscribes), take (events after which it leaves), retries.

import { createClient as overEvents } from "graphql-sse";
import { createClient as overSocket } from "graphql-ws";

const asked = JSON.parse(process.argv[2]);
const { query, variables, times = 1, take = Infinity } = asked;
const retryAttempts = asked.retries ?? 0;
const soon = () => new Promise((wait) => setTimeout(wait, 200));

const tell = (what) => process.stdout.write(JSON.stringify(what) + "\n");

const makers = {
  ws: () =>
    overSocket({
      url: asked.url.replace("http:", "ws:"),
      connectionParams: asked.key && { Authorization: `Bearer ${asked.key}` },
      retryAttempts,
      retryWait: soon,
      shouldRetry: () => true, // also while nobody listens
      on: { closed: (event) => tell({ closed: event.code }) },
    }),
  sse: () =>
    overEvents({
      url: asked.url,
      headers: asked.key && { Authorization: `Bearer ${asked.key}` },
      retryAttempts,
      retry: soon,
    }),
};

const client = makers[asked.over]();

async function subscribe() {
  let taken = 0;
  try {
    for await (const result of client.iterate({ query, variables })) {
      tell({ next: result });
      if (++taken >= take) break;
    }
    tell({ complete: true });
  } catch (error) {
    tell(Array.isArray(error) ? { errors: error } : { failed: error.code ?? error.response?.status ?? String(error) });
  }
}

await Promise.all(Array.from({ length: times }, subscribe));
await client.dispose();
