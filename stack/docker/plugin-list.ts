import type { ArtifactLock, LockedGroup } from '../artifacts.ts';

/** Folders of the list's target: plugins that the worker loads, and the exporter, which it must not. */
export const PLUGIN_FOLDER = 'plugins';
export const EXPORTER_JAR = 'exporter/jmx-exporter.jar';

/**
 * The lock's plugin, converter and exporter in the form that `docker/connect/install-plugins.sh` reads: one record a
 * line, so that the image can be built with nothing but a shell, curl, tar and sha256sum.
 */
export function pluginList({ repository, groups, docker }: ArtifactLock): string {
  const [exporter] = docker.exporter.files;
  if (exporter?.path === undefined) throw new Error('the lock holds no exporter');
  return `${[
    '# Written from stack/artifacts.lock.json by scripts/docker-files.mjs; a test compares them.',
    `repository ${repository}`,
    ...[groups.sink, groups.converter].flatMap(groupLines),
    `file ${exporter.sha256} ${EXPORTER_JAR} ${exporter.path}`,
  ].join('\n')}\n`;
}

function groupLines({ archive, files }: LockedGroup): string[] {
  return [
    ...(archive === undefined ? [] : [`archive ${archive.sha256} ${archive.path}`]),
    ...files.map(({ name, sha256, path, content }) => {
      const target = `${PLUGIN_FOLDER}/${name}`;
      if (content !== undefined) return `inline ${sha256} ${target} ${content}`;
      return path === undefined ? `member ${sha256} ${target}` : `file ${sha256} ${target} ${path}`;
    }),
  ];
}
