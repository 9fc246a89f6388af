#!/usr/bin/env node
// Writes what this package is made of, npm packages and jars, as CycloneDX JSON to stdout.
//
//   node scripts/sbom.mjs > sbom.cdx.json
import { readFileSync } from 'node:fs';
import { lockedPackages } from './packages.mjs';

const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const document = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: { type: 'application', 'bom-ref': `pkg:npm/${name}@${version}`, name, version } },
  components: lockedPackages().map(({ purl, name, version, hash }) => ({
    type: 'library',
    'bom-ref': purl,
    ...(purl.startsWith('pkg:maven/') ? { group: name.split(':')[0], name: name.split(':')[1] } : { name }),
    version,
    purl,
    hashes: [hash],
  })),
};
console.log(JSON.stringify(document, null, 2));
