/** What AWS has announced for its SDK; a test compares it with what the installed version says. */
export const NEXT_NODE = { whose: "AWS's SDK", version: '22', since: 'January 2027' } as const;
