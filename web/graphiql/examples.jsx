// The example operations: the first tabs, and a pane to open them again.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';

const FILES = import.meta.glob('./examples/*.graphql', { query: '?raw', import: 'default', eager: true });

export const EXAMPLES = Object.keys(FILES)
  .sort()
  .map(path => example(FILES[path]));

// Where style.css lets a pane cover the editors.
const COVERING = '(max-width: 720px)';

// A file opens with a comment whose first sentence says what it shows; the tab's title is the operation's name.
function example(query) {
  const title = query.match(/^(?:query|mutation|subscription) (\w+)/m)[1];
  const comment = query.split('\n').filter(line => line.startsWith('#')).map(line => line.slice(2));
  return { query, title, about: comment.join(' ').match(/.*?\.(?= |$)/)[0] };
}

function ExamplesPane() {
  const { addTab, setVisiblePlugin } = useGraphiQLActions();
  const queryEditor = useGraphiQL(state => state.queryEditor);
  const open = query => {
    addTab();
    queryEditor.setValue(query);
    if (matchMedia(COVERING).matches) setVisiblePlugin(null);
  };
  return (
    <section className="entente-examples" aria-label="Examples">
      <h2>Examples</h2>
      {EXAMPLES.map(({ query, title, about }) => (
        <button key={title} type="button" onClick={() => open(query)}>
          <strong>{title}</strong>
          <span>{about}</span>
        </button>
      ))}
    </section>
  );
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M4 5.5h16M4 12h16M4 18.5h9" strokeLinecap="round" />
      <path d="m16 16 4.5 2.5L16 21z" fill="currentColor" strokeLinejoin="round" />
    </svg>
  );
}

export const EXAMPLES_PLUGIN = { title: 'Examples', icon: ExamplesIcon, content: ExamplesPane };
