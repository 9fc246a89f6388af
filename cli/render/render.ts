import type { RenderedSink } from '../../app/render.ts';

export const renderedDocument = (sinks: readonly RenderedSink[], isExplained: boolean): object => ({
  connectors: sinks.map(({ name, settings, mapping }) => ({
    name,
    config: Object.fromEntries(settings.map(({ key, value }) => [key, value])),
    reasons: isExplained ? Object.fromEntries(settings.map(({ key, reason }) => [key, reason])) : undefined,
    mapping: isExplained && mapping.length > 0 ? mapping : undefined,
  })),
});

/** Properties, with a heading for each sink and, where they are explained, the reason above each setting. */
export const renderedLines = (environment: string, sinks: readonly RenderedSink[], isExplained: boolean): string[] =>
  sinks.flatMap(({ name, settings, mapping }, index) => [
    ...(index > 0 ? [''] : []),
    `# ${name} (${environment})`,
    ...settings.flatMap(({ key, value, reason }) => [...(isExplained ? [`# ${reason}`] : []), `${key}=${value}`]),
    ...(isExplained ? mapping.map(({ from = 'a constant', to, how }) => `# ${from} → ${to}: ${how}`) : []),
  ]);
