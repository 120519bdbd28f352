// Writes the schema of some types of hashicorp/aws, as schema.json has it, to
// standard output:
//
//     npm install --prefix DIR --ignore-scripts --legacy-peer-deps --no-save @cdktf/provider-aws@21.22.1
//     node extract.mjs DIR < types.txt > schema.json
//
// The package holds, for every type, TypeScript that HashiCorp generated from the
// provider's own schema. Next to each attribute a comment says whether it is
// required, optional or computed; how it is written as HCL says its type.
import fs from 'node:fs';

const [dir] = process.argv.slice(2);
const root = `${dir}/node_modules/@cdktf/provider-aws`;
const manifest = JSON.parse(fs.readFileSync(`${root}/package.json`));

// source returns the TypeScript of a type, out of the source map.
function source(folder) {
  const js = fs.readFileSync(`${root}/lib/${folder}/index.js`, 'utf8');
  const map = js.slice(js.lastIndexOf('base64,') + 'base64,'.length);
  return JSON.parse(Buffer.from(map, 'base64').toString()).sourcesContent[0];
}

// classes returns the text of every class by its name.
function classes(ts) {
  const found = new Map();
  const starts = [...ts.matchAll(/^export class (\w+) extends cdktf\.(\w+)/gm)];
  starts.forEach((m, i) => found.set(m[1], { base: m[2], text: ts.slice(m.index, starts[i + 1]?.index) }));
  return found;
}

// hcl returns how the attributes of a class are written: {name: {isBlock, type, storage}}.
function hcl(text) {
  const found = {};
  const entry = /^ +([a-z0-9_]+): \{\n +value: .*\n +isBlock: (\w+),\n +type: "(\w+)",\n +storageClassType: "(\w+)",/gm;
  for (const m of text.matchAll(entry)) {
    found[m[1]] = { isBlock: m[2] === 'true', type: m[3], storage: m[4] };
  }
  return found;
}

const simple = { string: 'string', number: 'number', boolean: 'bool' };

// type returns a type as in schema.json, such as "set string", or undefined if it
// is one of objects.
function type(written, getter) {
  if (written) {
    const of = written.storage.replace(/(List|Map)$/, '');
    return written.type === 'simple' ? simple[written.storage] : simple[of] && `${written.type} ${simple[of]}`;
  }
  const set = getter.includes('Fn.tolist(');
  const kind = /this\.get(\w+)Attribute\(/.exec(getter)?.[1];
  return { String: 'string', Number: 'number', Boolean: 'bool', StringMap: 'map string', List: set ? 'set string' : 'list string' }[kind];
}

// block returns the attributes and blocks of a class.
function block(name, all, ts) {
  const { base, text } = all.get(name);
  // Those of a nested class are written by a function of their own.
  const written = base === 'ComplexObject'
    ? hcl(body(ts, `${lowerFirst(name.replace(/OutputReference$/, ''))}ToHclTerraform`))
    : hcl(text);
  const out = { attributes: {} };
  const entry = /^ +\/\/ ([a-z0-9_]+) - computed: (\w+), optional: (\w+), required: (\w+)\n([^]*?)\n  \}/gm;
  for (const [, attribute, computed, optional, required, getter] of text.matchAll(entry)) {
    const nested = /new (\w+)\(this, "\w+"(?:, (\w+))?\)/.exec(getter);
    if (!nested) {
      const flags = (required === 'true' ? 'r' : '') + (optional === 'true' ? 'o' : '') + (computed === 'true' ? 'c' : '');
      const t = type(written[attribute], getter);
      if (t) out.attributes[attribute] = `${flags} ${t}`;
    } else if (written[attribute]?.isBlock) {
      const w = written[attribute];
      const single = nested[1].endsWith('OutputReference');
      const of = single ? nested[1] : nested[1].replace(/List$/, 'OutputReference');
      out.blocks ??= {};
      out.blocks[attribute] = {
        nesting: w.type === 'struct' ? 'single' : w.type,
        ...(required === 'true' && { min: 1 }),
        ...(single && w.type !== 'struct' && { max: 1 }),
        ...block(of, all, ts),
      };
    }
    // What is left are lists of objects that can only be read.
  }
  return out;
}

function lowerFirst(s) { return s[0].toLowerCase() + s.slice(1); }

// body returns the text of a function, or "" if there is none.
function body(ts, name) {
  const start = ts.indexOf(`export function ${name}(`);
  return start < 0 ? '' : ts.slice(start, ts.indexOf('\n}\n', start));
}

const out = {
  origin: `hashicorp/aws ${manifest.cdktf.provider.version}, by way of npm ${manifest.name}@${manifest.version}; Copyright (c) HashiCorp, Inc.; MPL-2.0`,
  resources: {},
  data: {},
};
for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const data = line.startsWith('data.');
  const name = line.replace(/^data\./, '');
  const folder = (data ? 'data-aws-' : '') + name.replace(/^aws_/, '').replaceAll('_', '-');
  const ts = source(folder);
  const all = classes(ts);
  const base = data ? 'TerraformDataSource' : 'TerraformResource';
  const top = [...all].find(([, c]) => c.base === base)[0];
  out[data ? 'data' : 'resources'][name] = block(top, all, ts);
}
process.stdout.write(JSON.stringify(out, null, 1).replace(/\n +(?="[a-z0-9_]+": "[roc]+ )/g, ' ') + '\n');
