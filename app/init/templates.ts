/** What a new project begins with: this package's whole example, one stream on this machine, or one that also goes to Amazon MSK. */
export const TEMPLATES = ['positions', 'blank', 'msk'] as const;
/** One of `TEMPLATES`. */
export type Template = (typeof TEMPLATES)[number];
