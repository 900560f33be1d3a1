// Prints what the reference audit of GraphQL over HTTP finds at an address, as JSON.
import { auditServer } from 'graphql-http';

const found = await auditServer({ url: process.argv[2] });
const lines = found.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
console.log(JSON.stringify(lines));
