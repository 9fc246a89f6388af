/** Whether an address (a URL, or `host:port`) is on this machine's loopback interface. */
export const isLoopback = (address: string): boolean =>
  /^(?:[a-z]+:\/\/)?(?:[^/@]*@)?(?:localhost|127(?:\.\d+){1,3}|\[?::1\]?)(?:[:/?#]|$)/i.test(address);
