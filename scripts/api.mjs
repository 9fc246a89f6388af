// Rolls the types of app/index.ts up into dist/api.d.ts and compares them with docs/api/perps-connect.api.md, which is committed: a change
// of the public API is seen in a review. `node scripts/api.mjs --write` writes that file. Needs a build.

import { join, resolve } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const root = resolve(import.meta.dirname, '..');
const silent = { default: { logLevel: 'none' } };

const config = ExtractorConfig.prepare({
  configObject: {
    projectFolder: root,
    mainEntryPointFilePath: join(root, 'dist/app/index.d.ts'),
    compiler: { tsconfigFilePath: join(root, 'tsconfig.build.json') },
    apiReport: {
      enabled: true,
      // Types that nobody can import by name are part of what can be seen, too.
      includeForgottenExports: true,
      reportFolder: join(root, 'docs/api'),
      reportTempFolder: join(root, 'dist'),
      reportFileName: 'perps-connect',
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: true, untrimmedFilePath: join(root, 'dist/api.d.ts') },
    tsdocMetadata: { enabled: false },
    messages: {
      compilerMessageReporting: silent,
      extractorMessageReporting: silent,
      tsdocMessageReporting: silent,
    },
  },
  configObjectFullPath: undefined,
  packageJsonFullPath: join(root, 'package.json'),
});

const isWriting = process.argv.includes('--write');
const { apiReportChanged } = Extractor.invoke(config, {
  localBuild: isWriting,
  messageCallback: (message) => {
    message.handled = true;
  },
});
if (apiReportChanged && !isWriting) {
  console.error(
    '✗ the public API is not what docs/api/perps-connect.api.md says\n  hint  if that is intended, run `npx -y pnpm api` and commit the file; docs/api.md says what a version may change',
  );
  process.exitCode = 1;
}
