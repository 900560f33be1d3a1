// GraphiQL for the address this page was opened at.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './workers.js';
import './style.css';
import { EXAMPLES, EXAMPLES_PLUGIN } from './examples.jsx';
import { Habits } from './habits.jsx';
import { Logo } from './logo.jsx';
import { KEEPS_HEADERS, storage } from './storage.js';
import { editorTheme } from './theme.js';

const endpoint = new URL(location.pathname, location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';

createRoot(document.getElementById('graphiql')).render(
  <GraphiQL
    fetcher={createGraphiQLFetcher({ url: endpoint.href, subscriptionUrl: socket.href })}
    defaultTabs={EXAMPLES.map(({ query }) => ({ query }))}
    defaultEditorToolsVisibility={false}
    plugins={[EXAMPLES_PLUGIN, HISTORY_PLUGIN]}
    editorTheme={editorTheme}
    storage={storage}
    shouldPersistHeaders={KEEPS_HEADERS}
    showPersistHeadersSettings
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <Logo />
    </GraphiQL.Logo>
    <Habits />
  </GraphiQL>,
);
