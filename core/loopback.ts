/** Whether an address (a URL, or `host:port`) is on this machine's loopback interface, as the client that is given it reads it. */
export function isLoopback(address: string): boolean {
  const host = hostOf(address).toLowerCase();
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){1,3}$/.test(host);
}

function hostOf(address: string): string {
  if (address.includes('://')) return URL.canParse(address) ? bare(new URL(address).hostname) : '';
  if (bare(address) === '::1') return '::1';
  return bare(/^(\[[^\]]*\]|[^\s:/?#@\\]+)(?::\d+)?$/.exec(address)?.[1] ?? '');
}

/** Without the brackets around an address of IPv6. */
const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');
