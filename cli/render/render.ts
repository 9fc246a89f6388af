import type { MethodFeed, RenderedSink } from '../../app/render.ts';

export const renderedDocument = (sinks: readonly RenderedSink[], isExplained: boolean): object => ({
  connectors: sinks.map(({ name, settings, mapping, feed }) => ({
    name,
    config: Object.fromEntries(settings.map(({ key, value }) => [key, value])),
    reasons: isExplained ? Object.fromEntries(settings.map(({ key, reason }) => [key, reason])) : undefined,
    mapping: isExplained && mapping.length > 0 ? mapping : undefined,
    feed: isExplained ? feed : undefined,
  })),
});

/** Properties, with a heading for each sink and, where they are explained, the reason above each setting. */
export const renderedLines = (environment: string, sinks: readonly RenderedSink[], isExplained: boolean): string[] =>
  sinks.flatMap(({ name, settings, mapping, feed }, index) => [
    ...(index > 0 ? [''] : []),
    `# ${name} (${environment})`,
    ...settings.flatMap(({ key, value, reason }) => [...(isExplained ? [`# ${reason}`] : []), `${key}=${value}`]),
    ...(isExplained && feed !== undefined ? feedLines(feed) : []),
    ...(isExplained ? mapping.map(({ from = 'a constant', to, how }) => `# ${from} → ${to}: ${how}`) : []),
  ]);

function feedLines({ method, pollSeconds, request, update, leave, position }: MethodFeed): string[] {
  const asked = Object.entries(request).map(([path, value]) => `${path} = ${JSON.stringify(value)}`);
  return [
    `# feed: ${method}${pollSeconds === undefined ? '' : `, asked every ${pollSeconds} s,`}${asked.length > 0 ? ` with ${asked.join(', ')}` : ''}`,
    `# update: ${update}${leave.length > 0 ? `; left out: ${leave.join(', ')}` : ''}`,
    `# position: ${position}`,
  ];
}
