// Builds the pages:  node build.mjs          into ../entente/static
//                    node build.mjs --check  into a temporary folder, and compares with ../entente/static
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const SOURCES = fileURLToPath(new URL('.', import.meta.url));
const COMMITTED = join(SOURCES, '..', 'entente', 'static');
const MANIFEST = 'manifest.json';

async function buildInto(folder) {
  await build({ root: SOURCES, configFile: join(SOURCES, 'vite.config.js'), build: { outDir: folder } });
  writeFileSync(join(folder, MANIFEST), JSON.stringify(manifest(folder), null, 2) + '\n');
}

// The server serves what is named here and nothing else; the hash is also the file's ETag.
function manifest(folder) {
  const names = files(folder).filter(name => name !== MANIFEST);
  return Object.fromEntries(names.map(name => [name, sha256(join(folder, name))]));
}

function files(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
  const names = entries.map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return names.map(name => name.replaceAll('\\', '/')).sort();
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function differences(built, committed) {
  const names = new Set([...files(built), ...files(committed)]);
  return [...names].filter(name => !same(join(built, name), join(committed, name)));
}

function same(one, other) {
  try {
    return readFileSync(one).equals(readFileSync(other));
  } catch {
    return false;
  }
}

async function check() {
  const folder = mkdtempSync(join(tmpdir(), 'entente-web-'));
  try {
    await buildInto(folder);
    return differences(folder, COMMITTED);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv.includes('--check')) {
  const stale = await check();
  for (const name of stale) console.error(`entente/static/${name} is not what web/ builds: run \`make web\``);
  process.exitCode = stale.length ? 1 : 0;
} else {
  await buildInto(COMMITTED);
}
