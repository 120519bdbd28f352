// Validates state machines with two programs that are not ours:
//
//     node check.mjs DIR
//
// DIR is what setup prints. The standard input is a JSON object of machines by name;
// the output one of what each validator has to say, by validator, by name.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const require = createRequire(join(resolve(process.argv[2]), 'package.json'));
const aslValidator = require('asl-validator');
const { getLanguageService } = require('amazon-states-language-service');
const { TextDocument } = require('vscode-languageserver-textdocument');

// The first has a JSON schema and checks of its own. It changes what it is given.
function schema(machine) {
	const { errors } = aslValidator(structuredClone(machine), { checkPaths: true, checkArn: true });
	return errors.map(e => [e['Error code'], e.path, e.message].filter(Boolean).join(': '));
}

// The second is what editors use.
const service = getLanguageService({});
async function language(machine) {
	const document = TextDocument.create('file:///machine.asl.json', 'asl', 1, JSON.stringify(machine, null, 2));
	const problems = await service.doValidation(document, service.parseJSONDocument(document), {});
	return problems.map(p => p.message);
}

const found = {};
for (const [name, machine] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
	found[name] = { 'asl-validator': schema(machine), 'amazon-states-language-service': await language(machine) };
}
process.stdout.write(JSON.stringify(found));
