// SPDX-License-Identifier: MIT
// Every rule in rules/files.json is complete, uses known words, and says why in a sentence; the last
// one is the default and lets nothing out. Usage: node rules_json.mjs FILE
import { readFileSync } from 'node:fs';

const WORDS = {
  read: ['show', 'hide', 'filter', 'synthetic'],
  write: ['auto', 'review', 'never', 'refuse'],
  merge: ['replace', 'append-lines', 'union-records', 'json-keys'],
};

function problemsOf(text) {
  const problems = [];
  const parsed = JSON.parse(text);
  const rules = Array.isArray(parsed) ? parsed : parsed.rules;
  if (!Array.isArray(rules) || rules.length === 0) return ['no rules'];
  rules.forEach((rule, i) => {
    const name = `rule ${i + 1} (${JSON.stringify(rule.path)})`;
    const paths = Array.isArray(rule.path) ? rule.path : [rule.path];
    for (const path of paths) {
      if (typeof path !== 'string' || path === '' || path.startsWith('/')) problems.push(`${name}: path`);
    }
    if (typeof rule.why !== 'string' || rule.why.length < 20) problems.push(`${name}: no why`);
    for (const [key, words] of Object.entries(WORDS)) {
      if (rule[key] === undefined && key === 'merge') continue;
      if (!words.includes(rule[key])) problems.push(`${name}: ${key} is ${JSON.stringify(rule[key])}`);
    }
  });
  const last = rules[rules.length - 1];
  if (last.path !== '**' || last.write !== 'never') problems.push('the last rule is not "**", never');
  return problems;
}

const planted = '[{"path":"a","read":"show","write":"perhaps","why":"short"}]';
if (problemsOf(planted).length !== 3) {
  console.log('the check is blind:', problemsOf(planted));
  process.exit(1);
}
const problems = problemsOf(readFileSync(process.argv[2], 'utf8'));
for (const problem of problems) console.log(problem);
process.exit(problems.length ? 1 : 0);
