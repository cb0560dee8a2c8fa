// SPDX-License-Identifier: MIT
// A small MCP server on stdin and stdout, as people have them in their projects: one tool that reverses a
// text. It starts a child of its own for each call, as such servers do. Usage: node mcp_server.mjs
import { execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';

const tool = {
  name: 'reverse', description: 'Reverses a text',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
};

function answer(method, params) {
  if (method === 'initialize') {
    return { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'local', version: '1' } };
  }
  if (method === 'tools/list') return { tools: [tool] };
  if (method === 'tools/call') {
    const text = execFileSync('rev', { input: `${params.arguments.text}\n`, encoding: 'utf8' }).trim();
    return { content: [{ type: 'text', text: `reversed ${text}` }] };
  }
  return {};
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: answer(method, params) }));
}
