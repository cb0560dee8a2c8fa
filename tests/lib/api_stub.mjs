// SPDX-License-Identifier: MIT
// A scripted Messages API on loopback, so that the real Claude Code CLI runs offline. It keeps no
// state between requests: the last "[script:NAME key=value ...]" in the conversation selects
// SCRIPTS/NAME.json, and the number of assistant messages with a tool_use after it selects the turn.
// "{{key}}" in the script stands for the marker's value. Any number of CLIs may use it at once.
//
// Usage: node api_stub.mjs --scripts DIR [--log FILE] [--parent PID]
// Prints the port as its first line. Ends when PID is gone.
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const MARKER = /\[script:([A-Za-z0-9_-]+)((?: [A-Za-z0-9_]+=[^\s\]]*)*)\]/g;
const BODY_MAX = 64 << 20; // bytes of a request

function parseArguments(argv) {
  const options = {};
  for (let i = 0; i < argv.length; i += 2) options[argv[i].replace(/^--/, '')] = argv[i + 1];
  if (!options.scripts) throw new Error('--scripts DIR is required');
  return options;
}

const options = parseArguments(process.argv.slice(2));
let messageCount = 0;

function textOf(content) {
  if (typeof content === 'string') return content;
  return (content ?? []).filter((block) => block.type === 'text').map((block) => block.text).join('\n');
}

// The turn that the script has for this conversation.
function selectTurn(messages) {
  let found = null;
  messages.forEach((message, i) => {
    if (message.role !== 'user') return;
    for (const match of textOf(message.content).matchAll(MARKER)) found = { i, match };
  });
  if (!found) return { text: 'No script was asked for.' };
  const values = Object.fromEntries(
    found.match[2].trim().split(' ').filter(Boolean).map((pair) => [
      pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  const turn = messages.slice(found.i + 1).filter((message) =>
    message.role === 'assistant' && Array.isArray(message.content) &&
    message.content.some((block) => block.type === 'tool_use')).length;
  const { turns } = JSON.parse(readFileSync(join(options.scripts, `${found.match[1]}.json`), 'utf8'),
    (_, value) => typeof value === 'string' ?
      value.replace(/\{\{(\w+)\}\}/g, (whole, key) => values[key] ?? whole) : value);
  return turns[turn] ?? { text: 'The script is at its end.' };
}

function buildMessage(request) {
  const content = [];
  let turn;
  if (!request.tools?.length) turn = { text: '{"title": "A scripted session", "isNewTopic": false}' };
  else turn = selectTurn(request.messages ?? []);
  messageCount++;
  if (turn.text) content.push({ type: 'text', text: turn.text });
  (turn.tools ?? []).forEach((tool, i) => content.push({
    type: 'tool_use', id: `toolu_${process.pid}_${messageCount}_${i}`, name: tool.name, input: tool.input,
  }));
  return {
    id: `msg_${process.pid}_${messageCount}`, type: 'message', role: 'assistant',
    model: request.model ?? 'scripted', content,
    stop_reason: turn.tools?.length ? 'tool_use' : 'end_turn', stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  };
}

function* streamEvents(message) {
  yield ['message_start', { message: { ...message, content: [], stop_reason: null } }];
  for (const [index, block] of message.content.entries()) {
    const isText = block.type === 'text';
    yield ['content_block_start', {
      index, content_block: isText ? { type: 'text', text: '' } : { ...block, input: {} } }];
    yield ['content_block_delta', {
      index, delta: isText ? { type: 'text_delta', text: block.text } :
        { type: 'input_json_delta', partial_json: JSON.stringify(block.input) } }];
    yield ['content_block_stop', { index }];
  }
  yield ['message_delta', {
    delta: { stop_reason: message.stop_reason, stop_sequence: null }, usage: { output_tokens: 10 } }];
  yield ['message_stop', {}];
}

function answer(path, request, response) {
  const json = (value) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (path.endsWith('/v1/messages/count_tokens')) return json({ input_tokens: 10 });
  if (path.endsWith('/v1/models')) {
    return json({ data: [{ type: 'model', id: 'scripted', display_name: 'Scripted' }], has_more: false });
  }
  if (path.endsWith('/v1/oauth/token')) {
    return json({ access_token: 'dummy-access-2', refresh_token: 'dummy-refresh-2', token_type: 'Bearer',
      expires_in: 28800, scope: 'user:inference user:profile' });
  }
  if (!path.endsWith('/v1/messages')) return json({});
  const message = buildMessage(request);
  if (!request.stream) return json(message);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const [type, data] of streamEvents(message)) {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  }
  return response.end();
}

const server = createServer((incoming, response) => {
  const chunks = [];
  let size = 0;
  incoming.on('data', (chunk) => {
    size += chunk.length;
    if (size > BODY_MAX) incoming.destroy();
    else chunks.push(chunk);
  });
  incoming.on('end', () => {
    const path = incoming.url.split('?')[0];
    const text = Buffer.concat(chunks).toString('utf8');
    try {
      let request = {};
      if (incoming.headers['content-type']?.includes('json') && text) request = JSON.parse(text);
      if (options.log) appendFileSync(options.log, `${JSON.stringify({ path, request })}\n`);
      answer(path, request, response);
    } catch (error) {
      // A wrong script is the test's fault: the CLI shows this message and stops.
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({
        type: 'error', error: { type: 'invalid_request_error', message: `script: ${error.message}` } }));
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

if (options.parent) {
  setInterval(() => {
    try {
      process.kill(Number(options.parent), 0);
    } catch {
      process.exit(0);
    }
  }, 500);
}
