import type { SinkHost } from '../connectors/host.ts';
import type { Orphan } from '../connectors/plan/removal-plan.ts';
import { isOwnedBy } from '../pipeline/setting-owners.ts';

/** The cluster's connectors that carry this project's mark and that no definition names, by name. */
export async function observeOrphans(host: SinkHost, project: string, defined: ReadonlySet<string>): Promise<Orphan[]> {
  const others = (await host.list()).filter((name) => !defined.has(name)).sort();
  const found = await Promise.all(
    others.map(async (name): Promise<Orphan[]> => {
      const config = (await host.observe(name))?.config;
      if (config === undefined || !isOwnedBy(config, project)) return [];
      return [{ name, topics: config.topics ?? config['topics.regex'] ?? 'no topic' }];
    }),
  );
  return found.flat();
}
