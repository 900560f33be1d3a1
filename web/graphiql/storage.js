// What GraphiQL remembers in the browser, apart from any other GraphiQL that was opened on this host and port.
const PREFIX = 'entente:';
const CHOICE = 'graphiql:shouldPersistHeaders';
const HISTORIES = ['graphiql:queries', 'graphiql:favorites'];

function ownKeys() {
  return Object.keys(localStorage).filter(key => key.startsWith(PREFIX));
}

function keepsHeaders() {
  return localStorage.getItem(PREFIX + CHOICE) === 'true';
}

function withoutHeaders(history) {
  return JSON.stringify(JSON.parse(history, (name, value) => (name === 'headers' ? undefined : value)));
}

export const storage = {
  getItem: key => localStorage.getItem(PREFIX + key),
  // The history would keep each operation's headers, keys among them, also where the reader chose not to.
  setItem(key, value) {
    const forgets = HISTORIES.includes(key) && !keepsHeaders();
    localStorage.setItem(PREFIX + key, forgets ? withoutHeaders(value) : value);
  },
  removeItem: key => localStorage.removeItem(PREFIX + key),
  clear: () => ownKeys().forEach(key => localStorage.removeItem(key)),
  get length() {
    return ownKeys().length;
  },
};

// The choice as it was when the page opened: GraphiQL reads it back only if this says true.
export const KEEPS_HEADERS = keepsHeaders();
